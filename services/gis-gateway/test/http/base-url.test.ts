import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { HttpProblem } from "@honua/service-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBaseUrls } from "../../src/http/base-url.ts";
import type { ForwardedHeader } from "../../src/http/forwarded-address.ts";
import { trustedProxies } from "../../src/http/trusted-proxies.ts";

const isTrustedProxy = trustedProxies(["10.0.0.0/8", "::1"]);

function baseOf(
  headers: Record<string, string>,
  options: {
    forwardedHeader?: ForwardedHeader;
    from?: string;
    publicUrl?: string;
    secure?: boolean;
  } = {},
): string {
  const { forwardedHeader = "x-forwarded", from = "10.1.2.3", publicUrl, secure = false } = options;
  const socket = secure ? new TLSSocket(new Socket()) : new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: from });
  const urls = createBaseUrls({ publicUrl, isTrustedProxy, forwardedHeader });
  const request = { headers: { host: "inner:5000", ...headers }, socket };
  urls.readForwarded(request);
  return urls.baseUrlOf(request, undefined);
}

const forwarded = (value: string, from?: string) =>
  baseOf({ forwarded: value }, { forwardedHeader: "forwarded", ...(from ? { from } : {}) });

describe("the base URL of links", () => {
  it("is the configured URL, regardless of the request", () => {
    const publicUrl = "https://gis.example.org/api/";
    expect(baseOf({ host: "evil.example", "x-forwarded-host": "other" }, { publicUrl })).toBe(
      "https://gis.example.org/api",
    );
  });

  it("uses the host of the request if no URL is configured", () => {
    expect(baseOf({ host: "localhost:5000" }, { from: "192.0.2.1" })).toBe("http://localhost:5000");
    expect(baseOf({ host: "[::1]:5000" }, { from: "192.0.2.1" })).toBe("http://[::1]:5000");
  });

  it("is https when the gateway serves https, unless a trusted proxy reports http", () => {
    expect(baseOf({ host: "inner" }, { secure: true })).toBe("https://inner");
    const headers = { host: "inner", "x-forwarded-proto": "http" };
    expect(baseOf(headers, { secure: true })).toBe("http://inner");
    expect(baseOf(headers, { secure: true, from: "192.0.2.1" })).toBe("https://inner");
  });

  it("is empty for a request without a valid host", () => {
    const urls = createBaseUrls({ isTrustedProxy, forwardedHeader: "none" });
    expect(urls.baseUrlOf({ headers: { host: undefined }, socket: new Socket() }, undefined)).toBe(
      "",
    );
  });
});

describe("X-Forwarded headers", () => {
  const headers = {
    "x-forwarded-host": "evil.example, gis.example.org",
    "x-forwarded-proto": "http, https",
    "x-forwarded-prefix": "/evil, /maps/",
  };

  it("are used if a trusted proxy sent them; the last of several values takes precedence", () => {
    expect(baseOf(headers)).toBe("https://gis.example.org/maps");
    expect(baseOf(headers, { from: "::ffff:10.0.0.1" })).toBe("https://gis.example.org/maps");
    expect(baseOf(headers, { from: "192.0.2.1" })).toBe("http://inner:5000");
  });

  it("take precedence over a client's Forwarded header", () => {
    const both = { ...headers, forwarded: "host=evil.example;proto=http" };
    expect(baseOf(both)).toBe("https://gis.example.org/maps");
    expect(baseOf({ forwarded: "host=evil.example" })).toBe("http://inner:5000");
  });

  it("are ignored when the setting names another header", () => {
    expect(baseOf(headers, { forwardedHeader: "none" })).toBe("http://inner:5000");
    expect(baseOf(headers, { forwardedHeader: "forwarded" })).toBe("http://inner:5000");
  });

  it.each([
    [{ "x-forwarded-host": "gis.example.org", "x-forwarded-port": "8443" }, ":8443"],
    [{ "x-forwarded-host": "gis.example.org:9000", "x-forwarded-port": "8443" }, ":9000"],
    [{ host: "gis.example.org:5000", "x-forwarded-port": "8443" }, ":8443"],
    [{ host: "gis.example.org", "x-forwarded-port": "80" }, ":80"],
    [{ host: "gis.example.org:5000", "x-forwarded-port": "443" }, ""],
    [{ host: "gis.example.org", "x-forwarded-port": "1, 443" }, ""],
  ])("determine the port of %j", (given, port) => {
    expect(baseOf({ "x-forwarded-proto": "https", ...given })).toBe(
      `https://gis.example.org${port}`,
    );
  });

  it.each([
    ["x-forwarded-host", "_"],
    ["x-forwarded-host", "gis.example.org, a b"],
    ["x-forwarded-proto", "ftp"],
    ["x-forwarded-port", "0"],
    ["x-forwarded-port", "65536"],
    ["x-forwarded-port", "8e3"],
    ["x-forwarded-prefix", "maps"],
    ["x-forwarded-prefix", '/"><script>'],
    ["x-forwarded-prefix", "//evil.example"],
  ])("return 400 for %s: %s", (name, value) => {
    expect(() => baseOf({ [name]: value })).toThrow(HttpProblem);
    expect(baseOf({ [name]: value }, { from: "192.0.2.1" })).toBe("http://inner:5000");
  });
});

describe("the Forwarded header", () => {
  it("is read from its last element, which the nearest proxy appended", () => {
    const value = 'for=192.0.2.1;host=evil.example, for=192.0.2.7;proto=https;host="gis.org:8443"';
    expect(forwarded(value)).toBe("https://gis.org:8443");
    expect(forwarded(value, "192.0.2.1")).toBe("http://inner:5000");
  });

  it("is read from the elements of all trusted proxies, but not from earlier ones", () => {
    const value =
      'host=evil.example, for="[2001:db8::7]:9";proto=https;host=gis.org, for="10.0.0.9:80";host=mid';
    expect(forwarded(value)).toBe("https://gis.org");
    expect(forwarded("host=evil.example, for=unknown;host=gis.org")).toBe("http://gis.org");
    expect(forwarded("host=gis.org, for=10.0.0.9;proto=https")).toBe("https://gis.org");
  });

  it("treats commas and quotation marks in quoted strings as text", () => {
    expect(forwarded('for="a,b;\\"c"; HOST=gis.org')).toBe("http://gis.org");
  });

  it.each(['host="_"', "host=_", "proto=ftp", 'host="gis.org', "host", "=", "a b", 'x="y"z', ";"])(
    "returns 400 for %j",
    (value) => {
      expect(() => forwarded(value)).toThrow(HttpProblem);
    },
  );

  it("ignores elements that a client sends before the element of the proxy", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 40 }), (sent) => {
        for (const own of ['for="192.0.2.7";host=gis.org', 'for=192.0.2.7;host="gis.org"']) {
          try {
            expect(forwarded(`${sent}, ${own}`)).toBe("http://gis.org");
          } catch (error) {
            if (!(error instanceof HttpProblem)) throw error;
          }
        }
      }),
    );
  });
});
