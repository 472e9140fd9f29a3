import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HELP_WIDTH } from "../src/options/shared-options.ts";
import { continueLongCommands } from "../src/output/command-name.ts";
import { createProgram } from "../src/program.ts";
import { everyCommand } from "./every-command.ts";
import { nonInteractive, runHonua } from "./run-honua.ts";

const program = createProgram({
  environment: {},
  directory: "/",
  print: () => undefined,
  ...nonInteractive,
});
const commands = everyCommand(program);
const guide = readFileSync(
  new URL("../../../docs/reference/command-line.md", import.meta.url),
  "utf8",
);
/** Sections of the guide by their heading, which is the command. */
const sections = new Map(
  guide
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...rest] = section.split("\n");
      return [heading.replaceAll("`", "").trim(), rest.join("\n")];
    }),
);

describe.each(commands)("$name", ({ name, command }) => {
  it("has help with a description, described options and an example", async () => {
    const { output } = await runHonua([...name.split(" ").slice(1), "--help"], {});
    expect(command.description()).not.toBe("");
    expect(output).toContain(command.description().slice(0, 30));
    const [, shown = ""] = output.split(/\nExamples?:\n/);
    expect(shown, "an example").toContain(name);
    for (const { long, description } of command.options) expect(description, long).toBeTruthy();
  });

  it("has help that fits into 80 columns", async () => {
    const { output } = await runHonua([...name.split(" ").slice(1), "--help"], {});
    const lines = continueLongCommands(output, HELP_WIDTH).split("\n");
    const tooLong = lines.filter((line) => line.length > HELP_WIDTH);
    expect(tooLong).toEqual([]);
  });

  it("is documented in the guide with all its own options and an example", () => {
    const section = sections.get(name);
    expect(section, "a section of docs/reference/command-line.md").toBeDefined();
    expect(section).toMatch(new RegExp(`^.*${name}.*$`, "m"));
    const sharedOptions = ["--help", "--output", "--state-url", "--approvals-url", "--token"];
    for (const { long } of command.options) {
      if (long && !sharedOptions.includes(long)) expect(section).toContain(`\`${long}`);
    }
  });
});

it("the README lists exactly the existing commands", () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const [, list = ""] = /^## The command\n\n```\n(.*?)```/ms.exec(readme) ?? [];
  const listed = [...list.matchAll(/^honua ([a-z]+)/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(
    program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name())
      .filter((name) => name !== "help")
      .toSorted(),
  );
});

it("the guide documents exactly the existing commands", () => {
  expect([...sections.keys()].filter((name) => name.startsWith("honua "))).toEqual(
    expect.arrayContaining(commands.map(({ name }) => name)),
  );
  const existing = commands.map(({ name }) => name);
  expect(
    [...sections.keys()].filter((name) => name.startsWith("honua ") && !existing.includes(name)),
  ).toEqual([]);
});
