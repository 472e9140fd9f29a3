import { expect, it } from "vitest";
import { trustedProxies } from "../../src/http/trusted-proxies.ts";

it("rejects an entry that is neither an address nor a network", () => {
  expect(() => trustedProxies(["proxy.example"])).toThrow(TypeError);
  expect(() => trustedProxies(["10.0.0.0/99"])).toThrow(TypeError);
});

it("matches IPv4 addresses of dual-stack sockets", () => {
  const isTrusted = trustedProxies(["10.0.0.0/8", "::1"]);
  expect(isTrusted("::ffff:10.0.0.1")).toBe(true);
  expect(isTrusted("::1")).toBe(true);
  expect(isTrusted("192.0.2.1")).toBe(false);
  expect(isTrusted(undefined)).toBe(false);
});
