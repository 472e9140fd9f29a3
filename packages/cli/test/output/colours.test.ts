import { expect, it } from "vitest";
import { isColourEnabled } from "../../src/output/colours.ts";

it("colours are enabled on terminals unless NO_COLOR is set", () => {
  const terminal = { isTTY: true };
  expect(isColourEnabled({}, terminal)).toBe(true);
  expect(isColourEnabled({ CI: "true" }, {})).toBe(false);
  expect(isColourEnabled({ NO_COLOR: "1", FORCE_COLOR: "1" }, terminal)).toBe(false);
  expect(isColourEnabled({ TERM: "dumb" }, terminal)).toBe(false);
  expect(isColourEnabled({ FORCE_COLOR: "1" }, {})).toBe(true);
});
