/**
 * Text that survives UTF-8: a lone surrogate would become U+FFFD on the way, so that what is opened is not what was sealed, and two
 * names would be one.
 */
const loneSurrogate = /\p{Surrogate}/u

export const isWellFormed = (text: unknown): text is string => typeof text === "string" && !loneSurrogate.test(text)
