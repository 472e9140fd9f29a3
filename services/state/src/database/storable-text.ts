/** PostgreSQL's `text` cannot hold U+0000; it is shown as the replacement character. */
export function storableText(text: string): string {
  return text.replaceAll("\u0000", "\uFFFD");
}
