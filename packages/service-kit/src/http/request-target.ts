import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { authorityText, parseAuthority } from "./authority.ts";
import { type HttpProblem, httpProblem } from "./problem.ts";

/**
 * Checks a request before any other code reads it.
 *
 * @throws HttpProblem 400
 */
export type CheckRequest = (request: IncomingMessage) => void;

/**
 * Validates the target and the host of each request, and normalises them in place:
 *
 * - `request.headers.host` is a valid authority afterwards. The authority of a target in absolute
 *   form takes precedence over `Host` (RFC 9112, 3.2.2). For an HTTP/1.0 request without `Host`, it is
 *   the local address of the connection.
 * - `request.url` starts with `/`, or is the `*` of OPTIONS. Its percent-encoding decodes to UTF-8, so
 *   that decoding it later cannot fail. Node's parser rejects bytes that are not ASCII.
 */
export function createRequestTargetCheck(): CheckRequest {
  // Almost all requests have the same host. Caching it avoids parsing it again.
  let lastHost: string | undefined;
  return (request) => {
    const { headers } = request;
    const given = headers.host;
    if (given === undefined || given !== lastHost || !hasOneHost(request.rawHeaders)) {
      // Cleared first, because the error response must not contain an invalid host.
      headers.host = undefined;
      headers.host =
        given === undefined
          ? localAuthority(request.socket)
          : checkedHost(given, request.rawHeaders);
      if (headers.host === given) lastHost = given;
    }
    const target = request.url ?? "";
    if (!target.startsWith("/")) normaliseOtherForm(request, target);
    else checkEncoding(target);
  };
}

function checkedHost(given: string, rawHeaders: readonly string[]): string {
  if (!hasOneHost(rawHeaders)) throw invalidHost("The request has more than one Host header.");
  const authority = parseAuthority(given);
  if (!authority) throw invalidHost("The Host header does not name a valid host.");
  return authorityText(authority);
}

/** Node uses the first of several Host headers, but a proxy may have used another one. */
function hasOneHost(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count === 1;
}

function localAuthority({ localAddress, localPort }: Socket): string {
  const address = localAddress?.replace(/^::ffff:(?=\d+\.)/i, "");
  const host = address?.includes(":") ? `[${address}]` : address;
  const local = host === undefined ? undefined : parseAuthority(host);
  // After a client disconnect, the socket has no local address.
  return local ? authorityText({ ...local, port: localPort }) : "localhost";
}

function normaliseOtherForm(request: IncomingMessage, target: string): void {
  if (target === "*" && request.method === "OPTIONS") return;
  const [whole, named = "", rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  if (whole === undefined) throw invalidTarget("The request target is neither a path nor a URL.");
  const authority = parseAuthority(named);
  if (!authority) throw invalidHost("The URL of the request does not name a valid host.");
  request.headers.host = authorityText(authority);
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  checkEncoding(request.url);
}

function checkEncoding(target: string): void {
  if (!target.includes("%")) return;
  try {
    decodeURIComponent(target);
  } catch {
    throw invalidTarget(
      "The URL must be UTF-8 with valid percent-encoding; write a percent sign as %25.",
    );
  }
}

function invalidHost(detail: string): HttpProblem {
  return httpProblem("invalid-host", detail);
}

function invalidTarget(detail: string): HttpProblem {
  return httpProblem("invalid-url", detail);
}
