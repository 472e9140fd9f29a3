import { HttpProblem } from "@honua/service-kit";
import { describe, expect, it } from "vitest";
import { baseUrlOf, trustedProxies } from "../../src/http/base-url.ts";

const trusted = { configured: undefined, isTrustedProxy: trustedProxies(["10.0.0.0/8", "::1"]) };
const untrusted = { configured: undefined, isTrustedProxy: trustedProxies([]) };
const from = (headers: Record<string, string>, remoteAddress = "10.1.2.3", secure = false) => ({
  headers,
  remoteAddress,
  secure,
});

describe("the base of links", () => {
  it("is what is configured, whatever a request says", () => {
    const options = { ...trusted, configured: "https://gis.example.org/api" };
    expect(baseUrlOf(from({ host: "evil.example" }), options)).toBe("https://gis.example.org/api");
  });

  it("is the host of the request", () => {
    expect(baseUrlOf(from({ host: "localhost:5000" }), untrusted)).toBe("http://localhost:5000");
    expect(baseUrlOf(from({ host: "[::1]:5000" }), untrusted)).toBe("http://[::1]:5000");
  });

  it("is https where the gateway itself speaks it, unless a trusted proxy says otherwise", () => {
    const direct = from({ host: "gis.example.org" }, "10.1.2.3", true);
    expect(baseUrlOf(direct, untrusted)).toBe("https://gis.example.org");
    const behind = from({ host: "inner", "x-forwarded-proto": "http" }, "10.1.2.3", true);
    expect(baseUrlOf(behind, trusted)).toBe("http://inner");
    expect(baseUrlOf(behind, untrusted)).toBe("https://inner");
  });

  it.each(["evil.example/path", "a b", 'x"y', "user@host", "", "-x", "host:port"])(
    "is not made from the host '%s'",
    (host) => {
      expect(() => baseUrlOf(from({ host }), untrusted)).toThrow(HttpProblem);
    },
  );

  it("believes forwarded headers of configured proxies alone", () => {
    const headers = {
      host: "inner:5000",
      "x-forwarded-host": "gis.example.org, proxy",
      "x-forwarded-proto": "https",
      "x-forwarded-prefix": "/maps/",
    };
    expect(baseUrlOf(from(headers), trusted)).toBe("https://gis.example.org/maps");
    expect(baseUrlOf(from(headers, "::ffff:10.0.0.1"), trusted)).toBe(
      "https://gis.example.org/maps",
    );
    expect(baseUrlOf(from(headers, "192.0.2.1"), trusted)).toBe("http://inner:5000");
    expect(baseUrlOf(from(headers), untrusted)).toBe("http://inner:5000");
  });

  it("prefers the standard header", () => {
    const headers = {
      host: "inner",
      "x-forwarded-host": "other",
      forwarded: 'for=192.0.2.1;proto=https;host="gis.example.org:8443", for=10.0.0.1;host=proxy',
    };
    expect(baseUrlOf(from(headers), trusted)).toBe("https://gis.example.org:8443");
  });
});

it("refuses what is no network", () => {
  expect(() => trustedProxies(["proxy.example"])).toThrow(TypeError);
  expect(() => trustedProxies(["10.0.0.0/99"])).toThrow(TypeError);
});
