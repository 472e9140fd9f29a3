import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";

import { budgetKey, clientAddress } from "../../../src/http/budgets/client-address.ts";
import { trustedProxies } from "../../../src/http/trusted-proxies.ts";

const isTrustedProxy = trustedProxies(["10.0.0.0/8", "::1"]);

const addressOf = (peer: string, forwarded?: string) =>
  clientAddress(
    {
      socket: { remoteAddress: peer },
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    } as unknown as IncomingMessage,
    { isTrustedProxy, forwardedHeader: "x-forwarded" },
  );

it.each([
  ["a peer that is no proxy", "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["a proxy without the header", "10.0.0.1", undefined, "10.0.0.1"],
  ["the client of a proxy", "10.0.0.1", "198.51.100.1", "198.51.100.1"],
  [
    "the right-most untrusted address",
    "10.0.0.1",
    "1.1.1.1, 198.51.100.1, 10.0.0.2",
    "198.51.100.1",
  ],
  ["an address that a client invented", "10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"],
  ["proxies only", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
  ["garbage on the left", "10.0.0.1", "<script>, 198.51.100.1", "198.51.100.1"],
  ["garbage on the right", "10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"],
  ["an address with a port", "::ffff:10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
  ["IPv6 with brackets and a port", "::1", "[2001:db8::1]:443", "2001:db8::1"],
  ["a mapped IPv4 peer", "::ffff:203.0.113.7", undefined, "203.0.113.7"],
])("determines the address of %s", (_name, peer, forwarded, expected) => {
  expect(addressOf(peer, forwarded)).toBe(expected);
});

it("reads only the configured forwarding header", () => {
  const socket = { remoteAddress: "10.0.0.1" };
  const headers = {
    forwarded: 'for="[2001:db8::9]:80", for=198.51.100.1;proto=https, for=10.0.0.2',
    "x-forwarded-for": "203.0.113.7",
  };
  const request = { socket, headers } as unknown as IncomingMessage;
  const read = (forwardedHeader: "forwarded" | "x-forwarded" | "none") =>
    clientAddress(request, { isTrustedProxy, forwardedHeader });
  expect([read("forwarded"), read("x-forwarded"), read("none")]).toEqual([
    "198.51.100.1",
    "203.0.113.7",
    "10.0.0.1",
  ]);
});

it("counts the addresses of an IPv6 /64 network as one client", () => {
  expect(budgetKey("2001:db8:0:1::5")).toBe(budgetKey("2001:0db8:0:1:ffff:1:2:3"));
  expect(budgetKey("2001:db8:0:1::5")).not.toBe(budgetKey("2001:db8:0:2::5"));
  expect(budgetKey("::1")).toBe("0:0:0:0::/64");
  expect(budgetKey("fe80::1%eth0")).toBe(budgetKey("fe80::2"));
  expect(budgetKey("203.0.113.7")).toBe("203.0.113.7");
});
