import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import helmet from "helmet";

/** Header names and values in alternation, the raw format of `writeHead`. */
export type HeaderFields = readonly string[];

/** The headers that helmet sets, for responses that do not pass through its middleware. */
export const SECURITY_HEADERS = securityHeaders();

function securityHeaders(): HeaderFields {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet()(request, response, () => undefined);
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
}

/** Adds the missing `SECURITY_HEADERS` to a response, unless its headers were already sent. */
export function setMissingSecurityHeaders(response: ServerResponse): void {
  if (response.headersSent) return;
  for (let index = 0; index < SECURITY_HEADERS.length; index += 2) {
    const [name = "", value = ""] = SECURITY_HEADERS.slice(index, index + 2);
    if (!response.hasHeader(name)) response.setHeader(name, value);
  }
}

/**
 * Security headers of data responses, which are not HTML: they load nothing, cannot be framed, and are
 * not MIME-sniffed. The other `SECURITY_HEADERS` only affect how a browser runs a page.
 */
export const DATA_SECURITY_HEADERS: HeaderFields = [
  "content-security-policy",
  "default-src 'none'; frame-ancestors 'none'",
  ...pickHeaders("referrer-policy", "strict-transport-security", "x-content-type-options"),
];

/** @throws TypeError for a header that helmet does not set */
function pickHeaders(...names: string[]): HeaderFields {
  return names.flatMap((name) => {
    const at = SECURITY_HEADERS.indexOf(name);
    const value = at === -1 ? undefined : SECURITY_HEADERS[at + 1];
    if (value === undefined) throw new TypeError(`helmet does not set the header ${name}`);
    return [name, value];
  });
}
