/**
 * XML as S3 speaks it: elements and text. No attributes are kept, no document type is read, no entity but the five of XML is known.
 */

export interface Element {
  readonly name: string
  readonly text: string
  readonly children: ReadonlyArray<Element>
}

const maxDepth = 50

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: "\"", apos: "'" }

const unescape = (text: string): string | undefined => {
  let bad = false
  const out = text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));?/g, (whole, decimal, hex, name) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? parseInt(hex, 16) : undefined
    const char = code === undefined ? entities[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (char === undefined || !whole.endsWith(";")) bad = true
    return char ?? ""
  })
  return bad ? undefined : out
}

// A declaration, a comment, character data, a tag, or text.
const token =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y

/** The root element of a document; `undefined` if it is not well-formed. */
export const parse = (document: string): Element | undefined => {
  type Open = { readonly name: string; text: string; readonly children: Array<Element> }
  const top: Open = { name: "", text: "", children: [] }
  const open: Array<Open> = [top]
  token.lastIndex = 0
  while (token.lastIndex < document.length) {
    const match = token.exec(document)
    const current = open[open.length - 1]
    if (match === null || current === undefined) return undefined
    const [, cdata, closing, prefixed, , empty, raw] = match
    if (raw !== undefined || cdata !== undefined) {
      const text = cdata ?? unescape(raw ?? "")
      if (text === undefined || (current === top && text.trim() !== "")) return undefined
      current.text += text
    } else if (prefixed !== undefined) {
      const name = prefixed.slice(prefixed.indexOf(":") + 1)
      if (closing === "/") {
        if (current === top || current.name !== name) return undefined
        open.pop()
      } else {
        if (open.length > maxDepth || (current === top && top.children.length > 0)) return undefined
        const element: Open = { name, text: "", children: [] }
        current.children.push(element)
        if (empty !== "/") open.push(element)
      }
    }
  }
  return open.length === 1 ? top.children[0] : undefined
}

/** Text that can stand in an element. What XML 1.0 has no character for is written as a reference, as S3 does. */
export const escape = (text: string): string =>
  text.replace(/[<>&"\u0000-\u001f]/g, (char) => {
    switch (char) {
      case "<":
        return "&lt;"
      case ">":
        return "&gt;"
      case "&":
        return "&amp;"
      case "\"":
        return "&quot;"
      default:
        return `&#x${char.charCodeAt(0).toString(16)};`
    }
  })

export const element = (name: string, inner: string, attributes = ""): string =>
  `<${name}${attributes}>${inner}</${name}>`

export const declaration = `<?xml version="1.0" encoding="UTF-8"?>\n`

export const namespace = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
