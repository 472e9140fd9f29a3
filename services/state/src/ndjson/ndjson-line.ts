/** Outside of strings these are space; inside, JSON has the line feeds escaped already. */
const LINE_ENDS = /[\r\n]+/g;
const SEPARATORS = /[\u2028\u2029]/g;

/**
 * JSON as one line for every reader. JSON leaves U+2028 and U+2029 in its strings as they are, and some
 * readers, Node's `readline` among them, end a line there.
 */
export function ndjsonLine(json: string): string {
  return `${json
    .replace(LINE_ENDS, " ")
    .replace(SEPARATORS, (found) => (found === "\u2028" ? "\\u2028" : "\\u2029"))}\n`;
}
