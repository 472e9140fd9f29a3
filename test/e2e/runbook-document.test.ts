import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readConfiguration } from "@honua/service-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reconcilerSettings } from "../../services/reconciler/src/settings.ts";
import { stateSettings } from "../../services/state/src/settings.ts";
import { watcherSettings } from "../../services/watcher/src/settings.ts";
import { type LocalStack, startLocalStack } from "../harness/local-stack.ts";
import { CLI, NODE } from "../harness/system-under-test.ts";
import { EARLIER_SYSTEM } from "./earlier-system.ts";
import { readShellBlocks } from "./shell-blocks.ts";

const RUNBOOK = new URL("../../docs/operations/runbook.md", import.meta.url);
const text = await readFile(RUNBOOK, "utf8");
const SCRIPT_MS = 240_000;

describe("the commands of the runbook", () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startLocalStack();
  }, 180_000);
  afterAll(() => stack?.remove());

  it(
    "do what it says, from first to last",
    async () => {
      const blocks = readShellBlocks(text).filter(({ excuse }) => excuse === undefined);
      expect(blocks.length).toBeGreaterThanOrEqual(19);
      const script = blocks
        .map(({ line, code }) => `echo "runbook.md:${line}"\n${code}`)
        .join("\n");
      expect(await failureOf(script)).toBeUndefined();
    },
    SCRIPT_MS + 10_000,
  );

  /** Runs all of it in one shell, which a failing command ends; gives the end of its output then. */
  async function failureOf(script: string): Promise<string | undefined> {
    const bin = join(stack.home, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "honua"), `#!/bin/sh\nexec "${NODE}" "${CLI}" "$@"\n`, {
      mode: 0o755,
    });
    const environment = {
      ...process.env,
      // npm says with it where a script was called, and honua takes its word.
      INIT_CWD: undefined,
      HONUA_HOME: stack.home,
      NO_COLOR: "1",
      PATH: `${bin}:${process.env.PATH}`,
    };
    const options = { cwd: stack.home, env: environment, timeout: SCRIPT_MS, maxBuffer: 1e8 };
    return new Promise((resolve) => {
      execFile("bash", ["-euxc", `exec 2>&1\n${script}`], options, (error, output) =>
        resolve(error ? `${error.code ?? error.signal}: ${output.slice(-3_000)}` : undefined),
      );
    });
  }
});

describe("the runbook", () => {
  it("excuses each block that is not executed", () => {
    const excuses = readShellBlocks(text).flatMap(({ excuse }) => excuse ?? []);
    for (const excuse of excuses) expect(excuse.length).toBeGreaterThanOrEqual(19);
  });

  it("has a configuration that services accept", async () => {
    const [, json = ""] = /```json\n(.*?)```/s.exec(text) ?? [];
    const variables = Object.fromEntries(flatten(JSON.parse(json) as Tree));
    const environment = {
      ...variables,
      NATS_URL: "nats://localhost",
      DATABASE_URL: "postgres://x",
    };
    const { sources } = readConfiguration(watcherSettings, environment);
    expect(sources).toMatchObject([{ environment: "production", branch: "main" }]);
    expect(readConfiguration(stateSettings, environment).GitOps.StateDirectory).toBeTruthy();
    expect(
      readConfiguration(reconcilerSettings, environment).GitOps.DeploymentPolicy,
    ).toMatchObject({ requiresApproval: true });
  });

  it.each(Object.entries(EARLIER_SYSTEM))(
    "leaves out no %s of the earlier system",
    (_kind, all) => {
      const [, table = ""] = text.split("## What went where");
      const earlier = table
        .split("\n")
        .flatMap((row) => row.split(/(?<!\\)\|/)[1] ?? [])
        .join("\n");
      expect(all.filter((one) => !earlier.includes(one))).toEqual([]);
    },
  );

  it("links every other page on operations, and only pages that exist", async () => {
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link = ""]) => link);
    for (const link of links) {
      await expect(readFile(new URL(link, RUNBOOK)).catch(ofDirectory)).resolves.toBeDefined();
    }
    const pages = (await readdir(dirname(RUNBOOK.pathname))).filter(
      (name) => name !== "runbook.md",
    );
    expect(pages.filter((page) => !links.includes(page))).toEqual([]);
  });
});

type Tree = { [key: string]: Tree | string | number | boolean };

/** A tree of settings as the variables that say the same. */
function flatten(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "object"
      ? flatten(value, `${prefix}${key}__`)
      : [[prefix + key, String(value)] as [string, string]],
  );
}

function ofDirectory(error: NodeJS.ErrnoException): string {
  if (error.code === "EISDIR") return "a directory";
  throw error;
}
