import { expect, it } from "vitest";
import { authorityText, parseAuthority } from "../../src/index.ts";

it.each([
  "localhost:5000",
  "gis_gateway:5000",
  "_gateway",
  "gis.example.com.",
  "GIS.Example.com:8443",
  "127.0.0.1:5000",
  "[::1]:5000",
  "[2001:db8::1]",
  "[::ffff:10.0.0.1]:80",
])("accepts the host '%s'", (text) => {
  const authority = parseAuthority(text);
  expect(authority && authorityText(authority)).toBe(text);
});

it("accepts an empty port, and leaves it out", () => {
  expect(parseAuthority("gis.example.com:")).toEqual({ host: "gis.example.com", port: undefined });
  expect(parseAuthority("[::1]:")).toEqual({ host: "[::1]", port: undefined });
});

it.each([
  "",
  "_",
  "__",
  ".",
  "-x",
  "x-",
  "a..b",
  ".a",
  "a b",
  "evil.example/path",
  'x"y',
  "x<y",
  "user@host",
  "host:port",
  "host:0",
  "host:65536",
  "host:1:2",
  "1.2.3.4.5",
  "::1",
  "[::1",
  "[::1]x",
  "[1::2::3]",
  "[fe80::1%25eth0]",
  "[v1.x]",
  "h\u00f6st",
  "a".repeat(300),
])("refuses the host '%s'", (text) => {
  expect(parseAuthority(text)).toBeUndefined();
});

it("parses hostile text in linear time", () => {
  // CPU time, because the elapsed time includes other processes on a busy machine.
  const started = process.cpuUsage();
  for (const text of [`a${"-".repeat(16_000)}`, "a.".repeat(8_000), "a_".repeat(130)]) {
    parseAuthority(text);
  }
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1_000).toBeLessThan(50);
});
