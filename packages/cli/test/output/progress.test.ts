import { describe, expect, it } from "vitest";
import { createProgress } from "../../src/output/progress.ts";

/** What is left of a line on a terminal after the last erasure. */
const visiblePart = (line: string) => line.split("\u001b[2K").at(-1);

describe("createProgress on a terminal", () => {
  it("keeps one status line below the permanent lines, and removes it at the end", () => {
    let screen = "";
    let now = 0;
    const progress = createProgress(
      { isTTY: true, write: (text: string) => (screen += text) },
      () => now,
    );
    progress.setStatus("Validating");
    now = 2_000;
    progress.printLine("permanent");
    progress.setStatus("Applying");
    progress.clearStatus();
    expect(screen.split("\n").map(visiblePart)).toEqual(["permanent", ""]);
    expect(screen).toContain("Applying");
  });

  it("escapes and truncates a status, so that it stays on one line", () => {
    let screen = "";
    const progress = createProgress(
      { isTTY: true, columns: 40, write: (text: string) => (screen += text) },
      () => 0,
    );
    progress.setStatus(`Pending, waiting: \u001b[1A${"🚀".repeat(40)}`);
    const shown = visiblePart(screen) ?? "";
    progress.clearStatus();
    expect(shown).toContain("\\x1b[1A");
    expect(shown.isWellFormed()).toBe(true);
    expect(shown).toContain("…");
  });
});
