import type { IncomingMessage, ServerResponse } from "node:http";
import { vary } from "./vary.ts";

const METHODS = "GET, HEAD, OPTIONS";
/** Seconds for which a browser may remember what a preflight said. */
const PREFLIGHT_AGE = "86400";

/** Lets pages of these origins read the answer; `*` stands for all. */
export function allowOrigins(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void {
  // Helmet's default keeps other origins out, which is not what an open API wants.
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
  const allowed = origins.includes("*") ? "*" : matching(request.headers.origin, origins);
  if (!origins.includes("*")) vary(response, "Origin");
  if (allowed === undefined) return;
  response.setHeader("Access-Control-Allow-Origin", allowed);
  response.setHeader("Access-Control-Expose-Headers", "Content-Crs, ETag, Link");
}

/** Answers OPTIONS: what may be done here, and by pages of other origins as well. */
export function answerOptions(response: ServerResponse): void {
  response.setHeader("Allow", METHODS);
  response.setHeader("Access-Control-Allow-Methods", METHODS);
  response.setHeader("Access-Control-Allow-Headers", "Accept, Content-Type, If-None-Match");
  response.setHeader("Access-Control-Max-Age", PREFLIGHT_AGE);
  response.statusCode = 204;
  response.end();
}

function matching(origin: string | undefined, origins: readonly string[]): string | undefined {
  return origins.find((allowed) => allowed === origin);
}
