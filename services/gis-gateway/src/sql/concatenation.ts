import { literal } from "./identifier.ts";

/** A part of a text: constant text or an SQL expression. */
export type TextPart = { text: string } | { sql: string };

/**
 * SQL that joins the parts. Adjacent constant parts are merged, because each `||` copies everything
 * before it.
 */
export function concatenation(parts: readonly TextPart[]): string {
  const operands: string[] = [];
  let constant = "";
  for (const part of parts) {
    if ("text" in part) {
      constant += part.text;
      continue;
    }
    if (constant !== "") operands.push(literal(constant));
    constant = "";
    operands.push(part.sql);
  }
  if (constant !== "") operands.push(literal(constant));
  return operands.join(" || ");
}
