/** The first line of a text, without its line break. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
