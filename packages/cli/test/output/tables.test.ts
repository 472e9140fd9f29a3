import { describe, expect, it } from "vitest";
import { formatFields, formatTable } from "../../src/output/tables.ts";

describe("formatTable", () => {
  it("aligns columns, also with wide characters", () => {
    expect(
      formatTable(
        ["A", "B"],
        [
          ["北京", "1"],
          ["x", "2"],
        ],
      ),
    ).toBe("A     B\n北京  1\nx     2");
  });

  it("puts a cell with line feeds on one line", () => {
    expect(formatTable(["A", "B"], [["one\ntwo", "three\n four"]])).toBe(
      "A        B\none two  three four",
    );
  });

  it("wraps the last column at spaces", () => {
    const table = formatTable(["ID", "MESSAGE"], [["1", "Add the roads of the province"]], 24);
    expect(table).toBe("ID  MESSAGE\n1   Add the roads of the\n    province");
  });

  it("moves the last column to its own line if the other columns fill the terminal", () => {
    const id = "production-20261121-090000-abc1234";
    const table = formatTable(["ID", "MESSAGE"], [[id, "Add the roads of the province"]], 40);
    expect(table).toBe(
      `ID${" ".repeat(34)}MESSAGE\n${id}\n    Add the roads of the province`.replace(
        `ID${" ".repeat(34)}MESSAGE`,
        "ID\n    MESSAGE",
      ),
    );
  });
});

describe("formatFields", () => {
  it("continues long values in the column of the values", () => {
    expect(
      formatFields(
        [
          ["Name", "one two three"],
          ["B", "x\ny"],
        ],
        14,
      ),
    ).toBe("Name  one two\n      three\nB     x\n      y");
  });
});
