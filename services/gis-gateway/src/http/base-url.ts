import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { authorityText, parseAuthority } from "@honua/service-kit";
import { type ForwardedHeader, readForwarded, readXForwarded } from "./forwarded-address.ts";
import type { IsTrustedProxy } from "./trusted-proxies.ts";

/** The parts of a request that determine the address that its client uses. */
export type AddressedRequest = Pick<IncomingMessage, "headers" | "socket">;

/** Determines the base of the absolute links in a response, without a trailing slash. */
export interface BaseUrls {
  /**
   * Reads the forwarding header of a request once, before the request is handled.
   *
   * @throws HttpProblem 400 for an invalid header of a trusted proxy
   */
  readForwarded(request: AddressedRequest): void;
  /** The configured base, else the address that a trusted proxy reported, else `Host`. Never throws. */
  baseUrlOf(request: AddressedRequest, configured: string | undefined): string;
}

/**
 * Derives base URLs from requests whose `Host` is valid.
 *
 * @param options.publicUrl takes precedence over every other source
 */
export function createBaseUrls(options: {
  publicUrl?: string | undefined;
  isTrustedProxy: IsTrustedProxy;
  forwardedHeader: ForwardedHeader;
}): BaseUrls {
  const { isTrustedProxy, forwardedHeader } = options;
  const publicUrl = withoutSlash(options.publicUrl);
  /** Only requests that came through a proxy have an entry. */
  const forwarded = new WeakMap<AddressedRequest, string>();
  return {
    readForwarded(request) {
      const { headers, socket } = request;
      if (forwardedHeader === "none" || !isTrustedProxy(socket.remoteAddress)) return;
      const address =
        forwardedHeader === "forwarded"
          ? readForwarded(headers, isTrustedProxy)
          : readXForwarded(headers);
      const { scheme = schemeOf(request), prefix = "", authority, port } = address;
      const received = authority ?? parseAuthority(headers.host ?? "");
      if (!received) return;
      const publicPort = authority?.port ?? port ?? received.port;
      const isDefault = port !== undefined && publicPort === (scheme === "https" ? 443 : 80);
      const host = authorityText({ host: received.host, port: isDefault ? undefined : publicPort });
      forwarded.set(request, `${scheme}://${host}${prefix}`);
    },
    baseUrlOf(request, configured) {
      const fixed = publicUrl ?? withoutSlash(configured);
      if (fixed !== undefined) return fixed;
      return forwarded.get(request) ?? directBase(request);
    },
  };
}

/** Empty for a request that was rejected because of its host. */
function directBase(request: AddressedRequest): string {
  const { host } = request.headers;
  return host === undefined ? "" : `${schemeOf(request)}://${host}`;
}

function schemeOf({ socket }: AddressedRequest): "http" | "https" {
  return socket instanceof TLSSocket ? "https" : "http";
}

function withoutSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, "");
}
