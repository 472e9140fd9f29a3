import type { IncomingMessage } from "node:http";
import type { ResponseHeaders } from "./response-headers.ts";

const METHODS = "GET, HEAD, OPTIONS";
/** Seconds for which a browser may cache the result of a preflight request. */
const PREFLIGHT_AGE = "86400";

/** Allows scripts of these origins to read the response; `*` allows all origins. */
export function allowOrigins(
  request: IncomingMessage,
  responseHeaders: ResponseHeaders,
  origins: readonly string[],
): void {
  // Helmet's default, same-origin, would block clients of an open API.
  responseHeaders.set("Cross-Origin-Resource-Policy", "cross-origin");
  const allowed = origins.includes("*") ? "*" : matching(request.headers.origin, origins);
  if (!origins.includes("*")) responseHeaders.vary("Origin");
  if (allowed === undefined) return;
  responseHeaders.set("Access-Control-Allow-Origin", allowed);
  responseHeaders.set("Access-Control-Expose-Headers", "Content-Crs, ETag, Link");
}

/** Sets the headers of the response to OPTIONS: the methods, and the result of a preflight request. */
export function allowMethods(responseHeaders: ResponseHeaders): void {
  responseHeaders.set("Allow", METHODS);
  responseHeaders.set("Access-Control-Allow-Methods", METHODS);
  responseHeaders.set("Access-Control-Allow-Headers", "Accept, Content-Type, If-None-Match");
  responseHeaders.set("Access-Control-Max-Age", PREFLIGHT_AGE);
}

function matching(origin: string | undefined, origins: readonly string[]): string | undefined {
  return origins.find((allowed) => allowed === origin);
}
