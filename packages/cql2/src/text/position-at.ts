import type { Cql2Position } from "../cql2-error.ts";

/** The line and column of an offset in a text, both from 1 and in UTF-16 code units. */
export function positionAt(text: string, offset: number): Cql2Position {
  const before = text.slice(0, offset);
  const lines = before.split(/\r\n|\r|\n/);
  return { offset, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
