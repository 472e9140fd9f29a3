import { literal } from "./identifier.ts";

/** A part of a text: what is there as it stands, or SQL of the rest. */
export type TextPart = { text: string } | { sql: string };

/**
 * SQL that joins the parts. Neighbours that stand as they are become one, as each `||` copies all that
 * is before it.
 */
export function concatenation(parts: readonly TextPart[]): string {
  const written: string[] = [];
  let standing = "";
  for (const part of parts) {
    if ("text" in part) {
      standing += part.text;
      continue;
    }
    if (standing !== "") written.push(literal(standing));
    standing = "";
    written.push(part.sql);
  }
  if (standing !== "") written.push(literal(standing));
  return written.join(" || ");
}
