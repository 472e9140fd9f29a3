import { describe, expect, it } from "vitest";
import { formatProblem, formatProblems } from "../src/index.ts";

const file = "environments/production/metadata.json";

describe("formatProblem", () => {
  it("has the place, the message and the suggestion on one line", () => {
    const problem = {
      code: "wrong-type",
      message: "The SRID is\n  wrong",
      file,
      line: 12,
      column: 9,
      pointer: "/services/0/layers/0/srid",
      suggestion: "Write a number.",
    };
    expect(formatProblem(problem)).toBe(
      `${file}:12:9 (/services/0/layers/0/srid): The SRID is wrong. Write a number.`,
    );
  });

  it("does not repeat a suggestion at the end of the message", () => {
    const suggestion = 'Did you mean "srid"?';
    expect(formatProblem({ code: "x", message: `Unknown key. ${suggestion}`, suggestion })).toBe(
      `Unknown key. ${suggestion}`,
    );
  });

  it("does not repeat a place in the message", () => {
    const message = `Invalid JSON in configuration file ${file} at line 7, column 3: expected a comma`;
    expect(formatProblem({ code: "invalid-json", message, file, line: 7, column: 3 })).toBe(
      message,
    );
  });

  it("omits unknown parts", () => {
    expect(formatProblem({ code: "x", message: "Broken." })).toBe("Broken.");
    expect(formatProblem({ code: "x", message: "Broken.", file })).toBe(`${file}: Broken.`);
  });
});

describe("formatProblems", () => {
  it("writes one problem per line", () => {
    const problems = [
      { code: "a", message: "one" },
      { code: "b", message: "two" },
    ];
    expect(formatProblems(problems)).toBe("one\ntwo");
  });
});
