import { httpProblem } from "@honua/service-kit";
import type { z } from "zod";

/** Encodes a list position as an opaque cursor. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/**
 * Decodes a cursor.
 *
 * @param key the schema of the list's keys
 * @throws HttpProblem 400 if the cursor is not an encoded key of this list
 */
export function decodeCursor(cursor: string, key: z.ZodType<string>): string {
  const decoded = key.safeParse(Buffer.from(cursor, "base64url").toString());
  if (decoded.success) return decoded.data;
  throw httpProblem("invalid-request", "cursor: send the 'next' value of the previous page.");
}
