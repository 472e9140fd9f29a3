import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { TLSSocket } from "node:tls";
import { HttpProblem } from "@honua/service-kit";

/** The parts of a request that tell under which address the client sees this gateway. */
export interface Addressed {
  headers: IncomingHttpHeaders;
  remoteAddress: string | undefined;
  /** Over https. */
  secure: boolean;
}

/** Whether a peer is a proxy whose `Forwarded` headers are believed. */
export type IsTrustedProxy = (address: string | undefined) => boolean;

/** What of a request tells its address. */
export function addressOf({ headers, socket }: IncomingMessage): Addressed {
  return { headers, remoteAddress: socket.remoteAddress, secure: socket instanceof TLSSocket };
}

/** Code of the problem of a request that names no valid host. */
export const INVALID_HOST = "invalid-host";

const AUTHORITY = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const PREFIX = /^(\/[A-Za-z0-9._~-]+)*$/;

/**
 * The base of every absolute link, without a slash at its end: what is configured, else what a
 * trusted proxy says, else the `Host` of the request.
 *
 * @throws HttpProblem 400 when neither names a valid host
 */
export function baseUrlOf(
  { headers, remoteAddress, secure }: Addressed,
  options: { configured: string | undefined; isTrustedProxy: IsTrustedProxy },
): string {
  if (options.configured !== undefined) return options.configured;
  const told = options.isTrustedProxy(remoteAddress) ? forwarded(headers) : {};
  const host = told.host ?? headers.host;
  if (host === undefined || !AUTHORITY.test(host)) {
    throw new HttpProblem(400, "Bad request", "The Host header names no valid host.", {
      code: INVALID_HOST,
    });
  }
  const scheme = (told.scheme ?? (secure ? "https" : "http")) === "https" ? "https" : "http";
  const prefix = told.prefix !== undefined && PREFIX.test(told.prefix) ? told.prefix : "";
  return `${scheme}://${host}${prefix}`;
}

/** What the proxy next to the client wrote: `Forwarded` (RFC 7239), else `X-Forwarded-*`. */
function forwarded(headers: IncomingHttpHeaders): {
  scheme?: string | undefined;
  host?: string | undefined;
  prefix?: string | undefined;
} {
  const first = (name: string) => {
    const value = headers[name];
    return (Array.isArray(value) ? value[0] : value)?.split(",", 1)[0]?.trim() || undefined;
  };
  const prefix = first("x-forwarded-prefix")?.replace(/\/+$/, "");
  const standard = first("forwarded");
  if (standard === undefined) {
    return { scheme: first("x-forwarded-proto"), host: first("x-forwarded-host"), prefix };
  }
  const pairs = standard.split(";").map((pair): [string, string] => {
    const [name = "", value = ""] = pair.split("=", 2);
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")];
  });
  const told = Object.fromEntries(pairs);
  return { scheme: told.proto, host: told.host, prefix };
}

/**
 * Trusts the listed addresses and networks (`10.0.0.0/8`, `::1`).
 *
 * @throws TypeError naming an entry that is neither
 */
export function trustedProxies(entries: readonly string[]): IsTrustedProxy {
  const trusted = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/", 2);
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) {
      throw new TypeError(`'${entry}' is neither an IP address nor a network such as 10.0.0.0/8`);
    }
    trusted.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
  }
  return (address) => {
    if (address === undefined || entries.length === 0) return false;
    // A socket that listens on both families shows IPv4 peers as ::ffff:10.0.0.1.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    return isIP(plain) !== 0 && trusted.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  };
}
