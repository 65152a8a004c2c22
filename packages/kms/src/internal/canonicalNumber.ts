/**
 * One spelling for each number, since DynamoDB gives a number key back in another spelling than the one it was written in.
 */

const numeral = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/

/** Whether a text is a decimal number, of any size. */
export const isNumeral = (text: unknown): text is string => typeof text === "string" && numeral.test(text)

/**
 * Sign (`-` or nothing), digits without outer zeros, `E`, exponent of the last digit; zero is `0`. So `-12.50` is `-125E-1`.
 * `undefined` when the text is not a decimal number.
 */
export const canonicalNumber = (text: string): string | undefined => {
  const match = numeral.exec(text)
  if (match === null) return undefined
  const fraction = match[3] ?? match[4] ?? ""
  const digits = (match[2] ?? "") + fraction
  let first = 0
  while (first < digits.length && digits.charCodeAt(first) === zero) first++
  if (first === digits.length) return "0"
  let last = digits.length
  while (digits.charCodeAt(last - 1) === zero) last--
  const exponent = Number(match[5] ?? 0) - fraction.length + (digits.length - last)
  return `${match[1] === "-" ? "-" : ""}${digits.slice(first, last)}E${exponent}`
}

const zero = 0x30
