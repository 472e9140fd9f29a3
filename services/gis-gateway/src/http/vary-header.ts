import type { ServerResponse } from "node:http";

/** Adds a field to what the answer depends on. */
export function addVaryField(
  response: ServerResponse,
  field: "Accept" | "Accept-Encoding" | "Origin",
): void {
  const known = response.getHeader("Vary");
  response.setHeader("Vary", known === undefined ? field : `${known}, ${field}`);
}
