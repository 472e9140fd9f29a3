import type { ServerResponse } from "node:http";
import { type HeadFields, SECURITY_HEADERS } from "@honua/service-kit";

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

/** What a page is protected with: the limits of what it may load and run, and what helmet sets. */
export const PAGE_SECURITY_HEADERS: HeadFields = SECURITY_HEADERS.map((text, at) =>
  SECURITY_HEADERS[at - 1] === POLICY_FIELD ? POLICY : text,
);

/** Limits what a page may load and run that has its other headers. */
export function protectPage(response: ServerResponse): void {
  response.setHeader(POLICY_FIELD, POLICY);
}
