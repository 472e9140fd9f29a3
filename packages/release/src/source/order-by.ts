import type { Layer } from "@honua/contracts";
import { z } from "zod";
import { nonEmptyText } from "./source-shape.ts";

/** Maximum number of properties in an order, as in `sortby`. */
const MAX_TERMS = 10;

/** Property names as in the query parameter `sortby`: a string with commas, or a list. */
export const orderBySource = z
  .union([nonEmptyText, z.array(nonEmptyText).min(1)])
  .superRefine((source, context) => {
    const names = parseOrderBy(source).map(({ property }) => property);
    const message = names.some((name) => name === "")
      ? "must have a property name in each place, with '-' before it for descending order"
      : new Set(names).size < names.length
        ? "must not name a property twice"
        : names.length > MAX_TERMS
          ? `must name at most ${MAX_TERMS} properties`
          : undefined;
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** The terms of an `orderBy` that is valid by its schema. */
export function parseOrderBy(source: string | readonly string[]): NonNullable<Layer["orderBy"]> {
  const parts = typeof source === "string" ? source.split(",") : source;
  return parts.map((part) => ({
    property: part.trim().replace(/^[+-]/, ""),
    descending: part.trim().startsWith("-"),
  }));
}
