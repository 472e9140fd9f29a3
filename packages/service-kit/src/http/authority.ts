import { isIPv6 } from "node:net";

/** A host and its port (RFC 3986, 3.2), without user information. */
export interface Authority {
  /** A registered name, an IPv4 address, or an IPv6 address in brackets. */
  host: string;
  /** Undefined when the default port of the scheme applies. */
  port: number | undefined;
}

/** Length of the longest DNS name with a port, in characters. */
const MAX_LENGTH = 262;
/**
 * A label of letters, digits, hyphens and underscores. Names of Docker services contain underscores.
 * The pattern below also accepts a trailing dot, which marks a fully qualified name.
 */
const LABEL = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?";
const AUTHORITY = new RegExp(
  String.raw`^(\[([0-9a-f:.]+)\]|${LABEL}(?:\.${LABEL})*\.?)(?::(\d{0,5}))?$`,
  "i",
);

/**
 * Parses the value of `Host`, or the authority of a URL.
 *
 * RFC 3986 also allows `!`, `$`, `&` and percent-encoding in a name. They are rejected here, because
 * the name is written into links, header fields and HTML.
 *
 * @returns undefined if the text is not a valid host
 */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, host, ipv6, digits = ""] = AUTHORITY.exec(text) ?? [];
  if (host === undefined) return undefined;
  const port = digits === "" ? undefined : Number(digits);
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  if (ipv6 === undefined ? !/[a-z0-9]/i.test(host) : !isIPv6(ipv6)) return undefined;
  // The URL parser rejects more names, such as numbers that are no IPv4 address: 1.2.3.4.5.
  return URL.canParse(`http://${host}`) ? { host, port } : undefined;
}

/** Formats an authority for a URL. */
export function authorityText({ host, port }: Authority): string {
  return port === undefined ? host : `${host}:${port}`;
}
