import { expect, it } from "vitest";
import { bboxText, intervalText, positionText } from "../../src/html/extent-text.ts";

it("writes positions in degrees with hemispheres", () => {
  expect(bboxText({ bbox: [-5.5, -40, 10.25, 0] })).toBe("5.5° W to 10.25° E, 40° S to 0°");
  expect(bboxText({})).toBeUndefined();
  expect(positionText(-3.70379, 40.41678)).toBe("40.4168° N, 3.7038° W");
});

it("writes closed and open intervals", () => {
  const first = "2020-01-01T00:00:00Z";
  const last = "2021-06-01T12:30:00Z";
  expect(intervalText({ interval: [first, last] })).toBe("2020-01-01 to 2021-06-01T12:30:00Z");
  expect(intervalText({ interval: [first, null] })).toBe("since 2020-01-01");
  expect(intervalText({ interval: [null, first] })).toBe("until 2020-01-01");
  expect(intervalText({ interval: [first, first] })).toBe("2020-01-01");
  expect(intervalText({})).toBeUndefined();
});
