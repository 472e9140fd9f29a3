import type { IncomingHttpHeaders } from "node:http";
import { type Authority, type HttpProblem, httpProblem, parseAuthority } from "@honua/service-kit";
import type { IsTrustedProxy } from "./trusted-proxies.ts";

/** The header that the trusted proxies write. Others are ignored, because clients can set them. */
export type ForwardedHeader = "x-forwarded" | "forwarded" | "none";

/** The address of a request, as a trusted proxy received it. */
export interface ForwardedAddress {
  scheme?: "http" | "https";
  authority?: Authority;
  /** Replaces the port of `Host`, unless the forwarded host has its own. */
  port?: number;
  /** Path without a trailing slash. */
  prefix?: string;
}

/**
 * Reads `X-Forwarded-Host`, `-Proto`, `-Port` and `-Prefix`. If a header has several values, the last one
 * is used: the nearest proxy appended it, while a client can send the ones before it.
 *
 * @throws HttpProblem 400 for an invalid value
 */
export function readXForwarded(headers: IncomingHttpHeaders): ForwardedAddress {
  const last = (name: string) => {
    const value = headers[`x-forwarded-${name}`];
    return typeof value === "string" ? value.slice(value.lastIndexOf(",") + 1).trim() : "";
  };
  return forwardedAddress("X-Forwarded", {
    proto: last("proto"),
    host: last("host"),
    port: last("port"),
    prefix: last("prefix"),
  });
}

/**
 * Reads `Forwarded` (RFC 7239). The nearest proxy wrote the last element. If its `for` is
 * another trusted proxy, that proxy wrote the preceding element, which then takes precedence.
 *
 * @throws HttpProblem 400 for an invalid header
 */
export function readForwarded(
  { forwarded }: IncomingHttpHeaders,
  isTrustedProxy: IsTrustedProxy,
): ForwardedAddress {
  if (forwarded === undefined) return {};
  let parameters: ForwardedElement = {};
  for (const element of forwardedElements(forwarded).reverse()) {
    parameters = { ...parameters, ...element };
    if (!isTrustedProxy(addressOfNode(element.for))) break;
  }
  const { proto = "", host = "" } = parameters;
  return forwardedAddress("Forwarded", { proto, host, port: "", prefix: "" });
}

/** Parameters of an element by name in lower case. */
type ForwardedElement = Readonly<Record<string, string>>;

const PAIR = /[ \t]*([!#$%&'*+.^_`|~\w-]+)=([!#$%&'*+.^_`|~\w-]+|"(?:[^"\\]|\\.)*")[ \t]*([;,]|$)/y;

/**
 * The elements of a `Forwarded` header. The last one is that of the nearest proxy.
 *
 * @throws HttpProblem 400 for an invalid header
 */
export function forwardedElements(text: string): ForwardedElement[] {
  const elements: Record<string, string>[] = [{}];
  const pair = new RegExp(PAIR);
  for (let separator = ","; separator !== ""; ) {
    const [, name, value, next] = pair.exec(text) ?? [];
    if (name === undefined || value === undefined || next === undefined) {
      throw invalid("Forwarded", "it does not have the syntax of RFC 7239");
    }
    const element = elements.at(-1) ?? {};
    element[name.toLowerCase()] = value.startsWith('"')
      ? value.slice(1, -1).replace(/\\(.)/g, "$1")
      : value;
    if (next === ",") elements.push({});
    separator = next;
  }
  return elements;
}

/**
 * The IP address of a node such as `192.0.2.1:80` or `[2001:db8::1]:80` (RFC 7239, 6). Undefined for
 * `unknown`.
 */
function addressOfNode(node = ""): string | undefined {
  const [, ipv6, ipv4] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::[\w.-]+)?$/i.exec(node) ?? [];
  return ipv6 ?? ipv4;
}

/** @param values empty texts for missing parameters */
function forwardedAddress(
  header: string,
  values: Readonly<Record<"proto" | "host" | "port" | "prefix", string>>,
): ForwardedAddress {
  const scheme = values.proto.toLowerCase();
  if (scheme !== "" && scheme !== "http" && scheme !== "https") {
    throw invalid(header, "the protocol is neither http nor https");
  }
  const authority = values.host === "" ? undefined : parseAuthority(values.host);
  if (values.host !== "" && !authority) throw invalid(header, "the host is not valid");
  const port = Number(values.port);
  if (values.port !== "" && !(/^\d{1,5}$/.test(values.port) && port > 0 && port <= 65_535)) {
    throw invalid(header, "the port is not a number from 1 to 65535");
  }
  const prefix = values.prefix.endsWith("/") ? values.prefix.slice(0, -1) : values.prefix;
  if (!/^(?:\/[A-Za-z0-9._~-]+)*$/.test(prefix)) throw invalid(header, "the prefix is not a path");
  return {
    ...(scheme === "" ? {} : { scheme }),
    ...(authority ? { authority } : {}),
    ...(values.port === "" ? {} : { port }),
    ...(prefix === "" ? {} : { prefix }),
  };
}

function invalid(header: string, why: string): HttpProblem {
  return httpProblem(
    "invalid-forwarded-header",
    `The proxy sent an invalid ${header} header: ${why}.`,
  );
}
