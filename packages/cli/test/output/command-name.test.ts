import { describe, expect, it } from "vitest";
import {
  commandNameIn,
  continueLongCommands,
  shellQuote,
  spellCommands,
} from "../../src/output/command-name.ts";

const ROOT = new URL("../../../../", import.meta.url).pathname.replace(/\/$/, "");
const IN_REPOSITORY = `${ROOT}/node_modules/.bin/honua`;

describe("commandNameIn", () => {
  it("returns the name if the command is on the PATH of the user's shell", () => {
    const exists = (file: string) => file === "/usr/local/bin/honua" || file === IN_REPOSITORY;
    expect(commandNameIn(ROOT, "/usr/bin:/usr/local/bin", exists)).toBe("honua");
  });

  it("ignores the PATH entries of npm and pnpm", () => {
    const path = `${ROOT}/node_modules/.bin:/usr/bin`;
    const exists = (file: string) => file === IN_REPOSITORY;
    expect(commandNameIn(ROOT, path, exists)).toBe("node_modules/.bin/honua");
    expect(commandNameIn("/elsewhere", path, exists)).toBe(IN_REPOSITORY);
  });
});

describe("spellCommands", () => {
  it("replaces the command in hints and examples and nothing else", () => {
    const text =
      "Start one with 'honua up'.\nExample:\n  honua status\n  A=b honua bus setup\nthe honua user";
    expect(spellCommands(text, "./honua")).toBe(
      "Start one with './honua up'.\nExample:\n  ./honua status\n  A=b ./honua bus setup\nthe honua user",
    );
  });
});

describe("continueLongCommands", () => {
  it("breaks long commands at spaces outside quotes", () => {
    const text = '  /a/honua status --watch\n  /a/honua deployment approve x --reason "y z"';
    expect(continueLongCommands(text, 30)).toBe(
      '  /a/honua status --watch\n  /a/honua deployment \\\n    approve x --reason "y z"',
    );
  });
});

describe("shellQuote", () => {
  it("quotes only if necessary", () => {
    expect(shellQuote("/a/b-c.d")).toBe("/a/b-c.d");
    expect(shellQuote("it's here")).toBe("'it'\\''s here'");
  });
});
