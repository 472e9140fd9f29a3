import type { ServerResponse } from "node:http";
import { type HeaderFields, SECURITY_HEADERS } from "@honua/service-kit";

/** Nothing but this site's own; MapLibre's style sheet has its icons in itself. */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

const POLICY_FIELD = "content-security-policy";

/** What every answer has a value of its own for. */
const SET_FOR_ALL = "cross-origin-resource-policy";

/** What a page is protected with: the limits of what it may load and run, and what helmet sets. */
export const VIEW_SECURITY_HEADERS: HeaderFields = SECURITY_HEADERS.flatMap((name, at) => {
  if (at % 2 === 1 || name === SET_FOR_ALL) return [];
  return [name, name === POLICY_FIELD ? POLICY : (SECURITY_HEADERS[at + 1] ?? "")];
});

/** Limits what a page may load and run that has its other headers. */
export function setViewSecurityPolicy(response: ServerResponse): void {
  response.setHeader(POLICY_FIELD, POLICY);
}
