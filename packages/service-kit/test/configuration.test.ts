import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigurationError, configuredBoolean, readConfiguration } from "../src/index.ts";

const schema = z.object({
  PORT: z.coerce.number().int().default(5000),
  GitOps: z
    .object({
      DryRun: configuredBoolean.default(false),
      Password: z.string().min(12).optional(),
      Watcher: z
        .object({
          Branch: z.string().default("main"),
          PollIntervalSeconds: z.coerce.number().positive().default(30),
        })
        .prefault({}),
      Sources: z.array(z.object({ Branch: z.string() }).strict()).default([]),
    })
    .prefault({}),
});

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), "honua-settings-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const failureOf = (environment: Record<string, string>): string => {
  try {
    readConfiguration(schema, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error("the configuration was accepted");
};

describe("configuration", () => {
  it("reads a value from the file of a _FILE variable, without the final line break", () => {
    const directory = directoryWith({ password: "from a mounted secret\n" });
    const GitOps__Password_FILE = join(directory, "password");
    expect(readConfiguration(schema, { GitOps__Password_FILE }).GitOps.Password).toBe(
      "from a mounted secret",
    );
    const both = { GitOps__Password_FILE, GitOps__Password: "set as well here" };
    expect(failureOf(both)).toContain("GitOps__Password and GitOps__Password_FILE are both set");
    expect(failureOf({ PORT_FILE: join(directory, "absent") })).toMatch(/PORT_FILE: .*ENOENT/);
    expect(readConfiguration(schema, { SSL_CERT_FILE: "/absent" }).PORT).toBe(5000);
  });

  it("applies defaults", () => {
    expect(readConfiguration(schema, {}).GitOps.Watcher).toEqual({
      Branch: "main",
      PollIntervalSeconds: 30,
    });
  });

  it("prefers a variable to the profile's file, and the file to appsettings.json", () => {
    const HONUA_CONFIG_DIR = directoryWith({
      "appsettings.json":
        '{"GitOps":{"Watcher":{"Branch":"a","PollIntervalSeconds":1},"DryRun":true}}',
      "appsettings.Production.json": '{"gitops":{"watcher":{"branch":"b"}}}',
    });
    const environment = { HONUA_CONFIG_DIR, GITOPS__WATCHER__POLLINTERVALSECONDS: "7" };
    expect(readConfiguration(schema, environment).GitOps).toMatchObject({
      DryRun: true,
      Watcher: { Branch: "b", PollIntervalSeconds: 7 },
    });
  });

  it("reads lists from indexed variables", () => {
    const environment = {
      GitOps__Sources__0__Branch: "main",
      GitOps__Sources__1__Branch: "staging",
    };
    expect(readConfiguration(schema, environment).GitOps.Sources).toEqual([
      { Branch: "main" },
      { Branch: "staging" },
    ]);
  });

  it("reports key and variable of an invalid value, but never a secret's value", () => {
    expect(failureOf({ GitOps__Watcher__PollIntervalSeconds: "soon" })).toMatch(
      /GitOps:Watcher:PollIntervalSeconds: .*\(variable GitOps__Watcher__PollIntervalSeconds\)/,
    );
    const message = failureOf({ GitOps__Password: "hunter2" });
    expect(message).toContain("GitOps:Password");
    expect(message).not.toContain("hunter2");
  });

  it("reports a file that is not valid JSON", () => {
    const HONUA_CONFIG_DIR = directoryWith({ "appsettings.json": "{" });
    expect(failureOf({ HONUA_CONFIG_DIR })).toMatch(/appsettings\.json is not valid JSON/);
  });

  it("reports an unknown key inside a strict section", () => {
    expect(
      failureOf({ GitOps__Sources__0__Branch: "main", GitOps__Sources__0__Brunch: "x" }),
    ).toContain("Brunch");
  });
});
