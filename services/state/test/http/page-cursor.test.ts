import { sequenceCursor } from "@honua/contracts";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/http/page-cursor.ts";

test("decodes an encoded cursor and refuses anything else", () => {
  expect(decodeCursor(encodeCursor("1234"), sequenceCursor)).toBe("1234");
  for (const wrong of ["", "abc", encodeCursor("-1"), encodeCursor("1 or 1=1")]) {
    expect(() => decodeCursor(wrong, sequenceCursor)).toThrowError(/'next'/);
  }
});
