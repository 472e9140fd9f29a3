import { ERROR_CODES } from "@honua/contracts";
import { HttpProblem } from "@honua/service-kit";
import type { z } from "zod";

/** A place in a list, as text that clients hand back unread. */
export function encodeCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/**
 * @param key what the keys of the list look like
 * @throws HttpProblem 400 when the cursor was not made by `encodeCursor` of such a key
 */
export function decodeCursor(cursor: string, key: z.ZodType<string>): string {
  const decoded = key.safeParse(Buffer.from(cursor, "base64url").toString());
  if (decoded.success) return decoded.data;
  throw new HttpProblem(400, "Bad request", "cursor: use the 'next' of the page before", {
    code: ERROR_CODES.invalidRequest,
  });
}
