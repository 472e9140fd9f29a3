import { parameterProblem } from "./parameter-problem.ts";

/** Longest key that a cursor may carry, in characters. */
const MAX_KEY = 2_000;
const VERSION = "1";

/** The opaque place after a feature, as `next` links carry it. */
export function encodeCursor(key: string): string {
  return Buffer.from(`${VERSION}${key}`, "utf8").toString("base64url");
}

/**
 * The key of the feature that a cursor stands behind.
 *
 * @throws HttpProblem 400 for anything that `encodeCursor` did not make
 */
export function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const key = text.slice(VERSION.length);
  const isOurs = text.startsWith(VERSION) && encodeCursor(key) === cursor;
  if (!isOurs || key.length > MAX_KEY || key.includes("\u0000")) {
    throw parameterProblem("cursor", "take it from a 'next' link as it is");
  }
  return key;
}
