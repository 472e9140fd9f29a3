import type { IncomingMessage } from "node:http";
import type { ResponseHeaders } from "./response-headers.ts";

const METHODS = "GET, HEAD, OPTIONS";
/** Seconds for which a browser may remember what a preflight said. */
const PREFLIGHT_AGE = "86400";

/** Lets pages of these origins read the answer; `*` stands for all. */
export function allowOrigins(
  request: IncomingMessage,
  responseHeaders: ResponseHeaders,
  origins: readonly string[],
): void {
  // Helmet's default keeps other origins out, which is not what an open API wants.
  responseHeaders.set("Cross-Origin-Resource-Policy", "cross-origin");
  const allowed = origins.includes("*") ? "*" : matching(request.headers.origin, origins);
  if (!origins.includes("*")) responseHeaders.vary("Origin");
  if (allowed === undefined) return;
  responseHeaders.set("Access-Control-Allow-Origin", allowed);
  responseHeaders.set("Access-Control-Expose-Headers", "Content-Crs, ETag, Link");
}

/** What OPTIONS is answered with: what may be done here, and by pages of other origins as well. */
export function allowMethods(responseHeaders: ResponseHeaders): void {
  responseHeaders.set("Allow", METHODS);
  responseHeaders.set("Access-Control-Allow-Methods", METHODS);
  responseHeaders.set("Access-Control-Allow-Headers", "Accept, Content-Type, If-None-Match");
  responseHeaders.set("Access-Control-Max-Age", PREFLIGHT_AGE);
}

function matching(origin: string | undefined, origins: readonly string[]): string | undefined {
  return origins.find((allowed) => allowed === origin);
}
