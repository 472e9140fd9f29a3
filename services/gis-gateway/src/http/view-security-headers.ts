import type { ServerResponse } from "node:http";
import { type HeaderFields, SECURITY_HEADERS } from "@honua/service-kit";

/** Allows only resources of this site, and data URLs for the icons in MapLibre's style sheet. */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

const POLICY_FIELD = "content-security-policy";

/** This header is set for each response by `allowOrigins`. */
const RESOURCE_POLICY_FIELD = "cross-origin-resource-policy";

/** Security headers of an HTML view: its content security policy, and the headers that helmet sets. */
export const VIEW_SECURITY_HEADERS: HeaderFields = SECURITY_HEADERS.flatMap((name, at) => {
  if (at % 2 === 1 || name === RESOURCE_POLICY_FIELD) return [];
  return [name, name === POLICY_FIELD ? POLICY : (SECURITY_HEADERS[at + 1] ?? "")];
});

/** Sets the content security policy of an HTML view that has its other security headers. */
export function setViewSecurityPolicy(response: ServerResponse): void {
  response.setHeader(POLICY_FIELD, POLICY);
}
