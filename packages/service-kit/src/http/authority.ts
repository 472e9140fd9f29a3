import { isIPv6 } from "node:net";

/** A host and its port (RFC 3986, 3.2), without user information. */
export interface Authority {
  /** A registered name, an IPv4 address, or an IPv6 address in brackets. */
  host: string;
  /** Undefined when the default port of the scheme applies. */
  port: number | undefined;
}

/** The longest name of the domain name system, with a port. */
const MAX_LENGTH = 262;
/**
 * Registered names of letters, digits, hyphens and underscores, which the names of Docker services
 * have. A dot at the end marks a fully qualified name.
 */
const LABEL = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?";
const AUTHORITY = new RegExp(
  String.raw`^(\[([0-9a-f:.]+)\]|${LABEL}(?:\.${LABEL})*\.?)(?::(\d{0,5}))?$`,
  "i",
);

/**
 * Parses the value of `Host`, or the authority of a URL.
 *
 * RFC 3986 also allows `!`, `$`, `&` and percent-encoding in a name. They are refused here, because
 * the name is written into links, header fields and pages.
 *
 * @returns undefined for text that names no host
 */
export function parseAuthority(text: string): Authority | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, host, ipv6, digits = ""] = AUTHORITY.exec(text) ?? [];
  if (host === undefined) return undefined;
  const port = digits === "" ? undefined : Number(digits);
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  if (ipv6 === undefined ? !/[a-z0-9]/i.test(host) : !isIPv6(ipv6)) return undefined;
  // A URL refuses further names, such as numbers that are not an address: 1.2.3.4.5.
  return URL.canParse(`http://${host}`) ? { host, port } : undefined;
}

/** The authority as it is written in a URL. */
export function authorityText({ host, port }: Authority): string {
  return port === undefined ? host : `${host}:${port}`;
}
