import { ERROR_CODES } from "@honua/contracts";
import { HttpProblem } from "@honua/service-kit";

/** A place in the list of deployments, as text that clients hand back unread. */
export function encodeCursor(sequence: string): string {
  return Buffer.from(sequence).toString("base64url");
}

/** @throws HttpProblem 400 when the cursor was not made by `encodeCursor` */
export function decodeCursor(cursor: string): string {
  const sequence = Buffer.from(cursor, "base64url").toString();
  if (/^[1-9]\d{0,17}$/.test(sequence)) return sequence;
  throw new HttpProblem(400, "Bad request", "cursor: use the 'next' of the page before", {
    code: ERROR_CODES.invalidRequest,
  });
}
