/** Annex B of OGC 21-065r2, `whitespace`. */
const WHITESPACE =
  "\\t\\n\\v\\f\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** `identifierStart` without U+1680, which is white space. */
const IDENTIFIER_START =
  ":A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u167f\\u1681-\\u1ffe" +
  "\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd" +
  "\\u{10000}-\\u{effff}";

const IDENTIFIER_PART = `${IDENTIFIER_START}.0-9\\u0300-\\u036f\\u203f\\u2040`;

export const WHITESPACE_PATTERN = `[${WHITESPACE}]+`;
export const IDENTIFIER_PATTERN = `[${IDENTIFIER_START}][${IDENTIFIER_PART}]*`;

const IDENTIFIER = new RegExp(`^${IDENTIFIER_PATTERN}$`, "u");

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** Characters outside `alpha`, `digit` and `whitespace`: controls, surrogates, non-characters. */
const CONTROLS = "\\0-\\x06\\x0e-\\x1f";
const INVALID = new RegExp(`[${CONTROLS}\\ufffe\\uffff]|\\p{Surrogate}`, "u");

/** The offset of the first character that CQL2 strings cannot contain, such as NUL, or -1. */
export function invalidCharacterAt(text: string): number {
  return text.search(INVALID);
}
