import { describe, expect, it } from "vitest";
import { githubAnnotation } from "../../src/output/github-annotations.ts";

describe("githubAnnotation", () => {
  it("escapes the message, and also separators in properties", () => {
    const problem = { file: "a,b:c.json", line: 3, column: 5, message: "100 %\nno, really: no" };
    expect(githubAnnotation("error", problem, "gis/")).toBe(
      "::error file=gis/a%2Cb%3Ac.json,line=3,col=5::100 %25%0Ano, really: no",
    );
  });
});
