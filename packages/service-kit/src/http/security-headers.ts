import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import helmet from "helmet";

/** Fields of a head: names and values by turns, as `writeHead` takes them. */
export type HeaderFields = readonly string[];

/** The headers that helmet sets, as values, for answers that are given without its middleware. */
export const SECURITY_HEADERS = securityHeaders();

function securityHeaders(): HeaderFields {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet()(request, response, () => undefined);
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
}

/** Sets those of `SECURITY_HEADERS` that a response does not have, unless it is under way. */
export function setMissingSecurityHeaders(response: ServerResponse): void {
  if (response.headersSent) return;
  for (let index = 0; index < SECURITY_HEADERS.length; index += 2) {
    const [name = "", value = ""] = SECURITY_HEADERS.slice(index, index + 2);
    if (!response.hasHeader(name)) response.setHeader(name, value);
  }
}

/**
 * What data is protected with, which is no page: it loads nothing, is shown in no frame, and is not
 * taken for something else. The others of `SECURITY_HEADERS` say how a page is to be run.
 */
export const DATA_SECURITY_HEADERS: HeaderFields = [
  "content-security-policy",
  "default-src 'none'; frame-ancestors 'none'",
  ...pickHeaders("referrer-policy", "strict-transport-security", "x-content-type-options"),
];

/** @throws TypeError for one that helmet does not set */
function pickHeaders(...names: string[]): HeaderFields {
  return names.flatMap((name) => {
    const at = SECURITY_HEADERS.indexOf(name);
    const value = at === -1 ? undefined : SECURITY_HEADERS[at + 1];
    if (value === undefined) throw new TypeError(`helmet sets no ${name}`);
    return [name, value];
  });
}
