import type { ServerResponse } from "node:http";

/** Adds a request header to the `Vary` header of a response. */
export function addVaryField(
  response: ServerResponse,
  field: "Accept" | "Accept-Encoding" | "Origin",
): void {
  const known = response.getHeader("Vary");
  response.setHeader("Vary", known === undefined ? field : `${known}, ${field}`);
}
