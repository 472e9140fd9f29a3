import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createProgram } from "../src/program.ts";
import { everyCommand } from "./every-command.ts";
import { honua, unattended } from "./run-honua.ts";

const program = createProgram({
  environment: {},
  directory: "/",
  print: () => undefined,
  ...unattended,
});
const commands = everyCommand(program);
const guide = readFileSync(
  new URL("../../../docs/reference/command-line.md", import.meta.url),
  "utf8",
);
/** The part of the guide about each command, by its heading. */
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
    const { output } = await honua([...name.split(" ").slice(1), "--help"], {});
    expect(command.description()).not.toBe("");
    expect(output).toContain(command.description().slice(0, 30));
    const [, shown = ""] = output.split(/\nExamples?:\n/);
    expect(shown, "an example").toContain(name);
    for (const { long, description } of command.options) expect(description, long).toBeTruthy();
  });

  it("is in the guide with every option of its own and an example", () => {
    const section = sections.get(name);
    expect(section, "a section of docs/reference/command-line.md").toBeDefined();
    expect(section).toMatch(new RegExp(`^.*${name}.*$`, "m"));
    const everywhere = ["--help", "--output", "--state-url", "--approvals-url", "--token"];
    for (const { long } of command.options) {
      if (long && !everywhere.includes(long)) expect(section).toContain(`\`${long}`);
    }
  });
});

it("the README names every command, and no other", () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const [, list = ""] = /^## The command\n\n```\n(.*?)```/ms.exec(readme) ?? [];
  const named = [...list.matchAll(/^honua ([a-z]+)/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(
    program
      .createHelp()
      .visibleCommands(program)
      .map((one) => one.name())
      .filter((name) => name !== "help")
      .toSorted(),
  );
});

it("the guide tells of no command that is not there", () => {
  expect([...sections.keys()].filter((name) => name.startsWith("honua "))).toEqual(
    expect.arrayContaining(commands.map(({ name }) => name)),
  );
  const known = commands.map(({ name }) => name);
  expect(
    [...sections.keys()].filter((name) => name.startsWith("honua ") && !known.includes(name)),
  ).toEqual([]);
});
