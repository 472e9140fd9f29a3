/** Replaces U+0000, which PostgreSQL `text` cannot contain, by the replacement character. */
export function storableText(text: string): string {
  return text.replaceAll("\u0000", "\uFFFD");
}
