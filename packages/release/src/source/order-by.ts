import type { Layer } from "@honua/contracts";
import { z } from "zod";
import { words } from "./source-shape.ts";

/** Properties that items can be ordered by at once, as in `sortby`. */
const MOST_TERMS = 10;

/** Names as `sortby` of a request has them: in one text with commas between, or in a list. */
export const orderBySource = z
  .union([words, z.array(words).min(1)])
  .superRefine((source, context) => {
    const names = parseOrderBy(source).map(({ property }) => property);
    const message = names.some((name) => name === "")
      ? "must name a property in each place, with '-' before it for descending order"
      : new Set(names).size < names.length
        ? "must name each property once"
        : names.length > MOST_TERMS
          ? `must name at most ${MOST_TERMS} properties`
          : undefined;
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** The terms of an `orderBy` that its schema accepted. */
export function parseOrderBy(source: string | readonly string[]): NonNullable<Layer["orderBy"]> {
  const parts = typeof source === "string" ? source.split(",") : source;
  return parts.map((part) => ({
    property: part.trim().replace(/^[+-]/, ""),
    descending: part.trim().startsWith("-"),
  }));
}
