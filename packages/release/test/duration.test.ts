import { describe, expect, it } from "vitest";
import { parseDuration } from "../src/index.ts";

describe("parseDuration", () => {
  it.each([
    ["30s", 30],
    ["10m", 600],
    ["4h", 14_400],
    ["7d", 604_800],
  ])("reads %s as %i seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([[""], ["0s"], ["4"], ["h"], ["-4h"], ["4 hours"], ["1.5h"], ["4w"]])(
    "refuses %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});
