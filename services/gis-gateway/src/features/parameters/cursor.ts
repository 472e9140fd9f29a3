import { type KeysetPosition, type OrderTerm, orderFingerprint } from "../../layer/sort-order.ts";
import { parameterProblem } from "./parameter-problem.ts";

/** Maximum length of a cursor in characters. */
const MAX_CURSOR_LENGTH = 8_000;

/**
 * Encodes the position before or after a feature as an opaque cursor for `next` and `prev` links.
 *
 * @param values the keyset position of the feature as JSON text
 */
export function encodeCursor(direction: KeysetPosition["direction"], values: string): string {
  return Buffer.from(`${direction}${values}`, "utf8").toString("base64url");
}

/**
 * Decodes the position of a cursor.
 *
 * @param order the order of the page, to which the cursor must belong
 * @throws HttpProblem 400 for a cursor that `encodeCursor` did not create for this order
 */
export function decodeCursor(cursor: string, order: readonly OrderTerm[]): KeysetPosition {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const [, direction, json = ""] = /^(after|before)(\[.*\])$/s.exec(text) ?? [];
  const name = orderFingerprint(order);
  const named = parsePlace(json);
  const values = name === undefined || named?.[0] !== name ? named : named.slice(1);
  const hasName = name === undefined || named?.[0] === name;
  const isOurs = cursor.length <= MAX_CURSOR_LENGTH && hasName && values?.length === order.length;
  if (!isOurs || (direction !== "after" && direction !== "before")) {
    throw parameterProblem(
      "cursor",
      "use the cursor of a 'next' or 'prev' link, with the same sortby",
    );
  }
  return { direction, values };
}

function parsePlace(json: string): (string | null)[] | undefined {
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
