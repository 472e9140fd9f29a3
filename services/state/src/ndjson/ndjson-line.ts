/** Line feeds occur only between tokens: inside strings JSON escapes them. */
const LINE_ENDS = /[\r\n]+/g;
const SEPARATORS = /[\u2028\u2029]/g;

/**
 * Formats JSON as one NDJSON line. U+2028 and U+2029 are escaped: JSON allows them in strings, but some
 * readers, such as Node's `readline`, treat them as line ends.
 */
export function ndjsonLine(json: string): string {
  return `${json
    .replace(LINE_ENDS, " ")
    .replace(SEPARATORS, (found) => (found === "\u2028" ? "\\u2028" : "\\u2029"))}\n`;
}
