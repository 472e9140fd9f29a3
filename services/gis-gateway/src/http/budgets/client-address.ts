import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type ForwardedHeader, forwardedElements } from "../forwarded-address.ts";
import type { IsTrustedProxy } from "../trusted-proxies.ts";

/** How requests reach this process. */
export interface ProxySettings {
  isTrustedProxy: IsTrustedProxy;
  /** The header that trusted proxies write. */
  forwardedHeader: ForwardedHeader;
}

/**
 * The address that budgets are counted for: the address of the peer. If the peer is a trusted proxy, it
 * is the right-most address of `X-Forwarded-For` or `Forwarded` that is not a trusted proxy. The client
 * can forge the addresses further left.
 *
 * @throws HttpProblem 400 for an invalid `Forwarded` header
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  { isTrustedProxy, forwardedHeader }: ProxySettings,
): string {
  const peer = plainAddress(socket.remoteAddress ?? "");
  if (forwardedHeader === "none" || !isTrustedProxy(peer)) return peer;
  const hops = forwardedHeader === "forwarded" ? forwardedFor(headers) : xForwardedFor(headers);
  let nearest = peer;
  for (const hop of hops.reverse()) {
    const address = plainAddress(hop.trim());
    // Entries to the left of an invalid one are not trustworthy.
    if (isIP(address) === 0) break;
    nearest = address;
    if (!isTrustedProxy(address)) break;
  }
  return nearest;
}

function xForwardedFor(headers: IncomingHttpHeaders): string[] {
  const value = headers["x-forwarded-for"];
  return value === undefined ? [] : String(value).split(",");
}

function forwardedFor({ forwarded }: IncomingHttpHeaders): string[] {
  return forwarded === undefined ? [] : forwardedElements(forwarded).map((hop) => hop.for ?? "");
}

/** Removes the port, the brackets of IPv6, and the prefix of an IPv4 address on a dual-stack socket. */
function plainAddress(text: string): string {
  if (!text.includes(":")) return text;
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  const [, withPort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? [];
  const address = bracketed ?? withPort ?? text;
  return /^::ffff:\d+\./i.test(address) ? address.slice(7) : address;
}

/**
 * The key under which an address is counted. The addresses of an IPv6 /64 network count as one, because
 * a client usually controls the whole network.
 */
export function budgetKey(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("%", 1).join("").split("::", 2);
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...new Array<string>(missing).fill("0"), ...after];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
