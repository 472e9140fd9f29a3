import type { ServerResponse } from "node:http";

/** Nothing but this site's own; MapLibre's style sheet has its icons in itself. */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

/** Limits what a page may load and run. */
export function protectPage(response: ServerResponse): void {
  response.setHeader("Content-Security-Policy", POLICY);
}
