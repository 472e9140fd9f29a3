import { closestWord } from "@honua/text";

/** The end of a message that suggests a similar name, or an empty text if no name is similar. */
export function suggestName(name: string, known: Iterable<string>): string {
  const closest = closestWord(name, known);
  return closest === undefined ? "" : ` Did you mean "${closest}"?`;
}
