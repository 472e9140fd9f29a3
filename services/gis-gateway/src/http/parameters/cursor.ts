import type { Place } from "../../sql/page-order.ts";
import { parameterProblem } from "./parameter-problem.ts";

/** Longest cursor, in characters. */
const MAX_CURSOR = 8_000;

/**
 * The opaque place beside a feature, as `next` and `prev` links carry it.
 *
 * @param values the feature's place as JSON text
 */
export function encodeCursor(direction: Place["direction"], values: string): string {
  return Buffer.from(`${direction}${values}`, "utf8").toString("base64url");
}

/**
 * The place that a cursor stands for.
 *
 * @param terms how many values it has, which depends on `sortby`
 * @throws HttpProblem 400 for anything that `encodeCursor` did not make
 */
export function decodeCursor(cursor: string, terms: number): Place {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const [, direction, json = ""] = /^(after|before)(\[.*\])$/s.exec(text) ?? [];
  const values = parsed(json);
  const isOurs = cursor.length <= MAX_CURSOR && values?.length === terms;
  if (!isOurs || (direction !== "after" && direction !== "before")) {
    throw parameterProblem("cursor", "take it from a 'next' or 'prev' link, with the same sortby");
  }
  return { direction, values };
}

function parsed(json: string): (string | null)[] | undefined {
  try {
    const values: unknown = JSON.parse(json);
    const isPlace = Array.isArray(values) && values.every(isPlaceValue);
    return isPlace ? values : undefined;
  } catch {
    return undefined;
  }
}

function isPlaceValue(value: unknown): value is string | null {
  return value === null || (typeof value === "string" && !value.includes("\u0000"));
}
