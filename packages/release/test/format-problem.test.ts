import { describe, expect, it } from "vitest";
import { formatProblem, formatProblems } from "../src/index.ts";

const file = "environments/production/metadata.json";

describe("formatProblem", () => {
  it("says where, what and what to do on one line", () => {
    const problem = {
      code: "wrong-type",
      message: "the SRID is\n  wrong",
      file,
      line: 12,
      column: 9,
      pointer: "/services/0/layers/0/srid",
      suggestion: "write a number",
    };
    expect(formatProblem(problem)).toBe(
      `${file}:12:9 (/services/0/layers/0/srid): the SRID is wrong. Write a number`,
    );
  });

  it("does not repeat advice that the message ends with", () => {
    const suggestion = 'did you mean "srid"?';
    expect(formatProblem({ code: "x", message: `unknown key; ${suggestion}`, suggestion })).toBe(
      `unknown key; ${suggestion}`,
    );
  });

  it("does not repeat a place that the message names", () => {
    const message = `Invalid JSON in configuration file ${file} at line 7, column 3: expected a comma`;
    expect(formatProblem({ code: "invalid-json", message, file, line: 7, column: 3 })).toBe(
      message,
    );
  });

  it("does without what is not known", () => {
    expect(formatProblem({ code: "x", message: "broken" })).toBe("broken");
    expect(formatProblem({ code: "x", message: "broken", file })).toBe(`${file}: broken`);
  });
});

describe("formatProblems", () => {
  it("writes one problem a line", () => {
    const problems = [
      { code: "a", message: "one" },
      { code: "b", message: "two" },
    ];
    expect(formatProblems(problems)).toBe("one\ntwo");
  });
});
