import { expect, it } from "vitest";
import { countOf, firstLine } from "../src/index.ts";

it.each([
  ["fix: one\n\nBody", "fix: one"],
  ["one line", "one line"],
  ["", ""],
])("returns the first line of %j", (text, line) => {
  expect(firstLine(text)).toBe(line);
});

it.each([
  [0, "0 changes"],
  [1, "1 change"],
  [2, "2 changes"],
])("counts %i", (count, words) => {
  expect(countOf(count, "change")).toBe(words);
});
