/** Text in a policy: what IAM would read as a wildcard or a variable is written as the variable that stands for that character. */

/** As a value of `StringEquals` or in an ARN without wildcards: only a variable could be read there. */
export const literal = (text: string): string => text.replace(/\$(?=\{)/g, "${$}")

/** As a value of `StringLike`. */
export const like = (text: string): string => text.replace(/[*?]|\$(?=\{)/g, (c) => `\${${c}}`)

/** The characters that a policy may have. */
const unfit = /[^\t\n\r\u0020-\u00ff]/

export const fits = (text: string): boolean => !unfit.test(text)

/** A character of no alphabet, which no key escapes: it stands for a variable until the key is written. */
const marker = (index: number): string => String.fromCharCode(0xe000 + index)

/** Variables, by the characters that stand for them. */
export class Variables {
  readonly #names: Array<string> = []

  /** What stands for a variable. */
  stand(name: string): string {
    this.#names.push(name)
    return marker(this.#names.length - 1)
  }

  /** The text with its variables, which must have been escaped before. */
  fill(text: string): string {
    return this.#names.reduce((all, name, i) => all.replaceAll(marker(i), `\${${name}}`), text)
  }
}
