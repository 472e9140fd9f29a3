import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readConfiguration } from "@honua/service-kit";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reconcilerSettings } from "../../services/reconciler/src/settings.ts";
import { stateSettings } from "../../services/state/src/settings.ts";
import { watcherSettings } from "../../services/watcher/src/settings.ts";
import { LEGACY_SYSTEM } from "./legacy-system.ts";
import { readShellBlocks } from "./shell-blocks.ts";
import { joinShellBlocks, runShellScript } from "./shell-script.ts";

const RUNBOOK = new URL("../../docs/operations/runbook.md", import.meta.url);
const text = await readFile(RUNBOOK, "utf8");
/** The commands take more than four minutes on a busy machine. */
const SCRIPT_MS = 480_000;

describe("the commands of the runbook", () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startLocalStack();
  }, 180_000);
  afterAll(() => stack?.remove());

  it(
    "run successfully from first to last",
    async () => {
      const blocks = readShellBlocks(text).filter(({ skipReason }) => skipReason === undefined);
      expect(blocks.length).toBeGreaterThanOrEqual(19);
      const options = { directory: stack.home, home: stack.home, timeoutMs: SCRIPT_MS };
      expect(await runShellScript(joinShellBlocks("runbook.md", blocks), options)).toBeUndefined();
    },
    SCRIPT_MS + 10_000,
  );
});

describe("the runbook", () => {
  it("gives a reason for each block that is not executed", () => {
    const reasons = readShellBlocks(text).flatMap(({ skipReason }) => skipReason ?? []);
    for (const reason of reasons) expect(reason.length).toBeGreaterThanOrEqual(19);
  });

  it("contains a configuration that the services accept", async () => {
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

  it.each(Object.entries(LEGACY_SYSTEM))("mentions every %s of the legacy system", (_kind, all) => {
    const [, table = ""] = text.split("## What went where");
    const legacy = table
      .split("\n")
      .flatMap((row) => row.split(/(?<!\\)\|/)[1] ?? [])
      .join("\n");
    expect(all.filter((name) => !legacy.includes(name))).toEqual([]);
  });

  it("links every other page on operations, and only pages that exist", async () => {
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link = ""]) => link);
    for (const link of links) {
      await expect(
        readFile(new URL(link, RUNBOOK)).catch(placeholderForDirectory),
      ).resolves.toBeDefined();
    }
    const pages = (await readdir(dirname(RUNBOOK.pathname))).filter(
      (name) => name !== "runbook.md",
    );
    expect(pages.filter((page) => !links.includes(page))).toEqual([]);
  });
});

type Tree = { [key: string]: Tree | string | number | boolean };

/** Converts a tree of settings into the equivalent environment variables. */
function flatten(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "object"
      ? flatten(value, `${prefix}${key}__`)
      : [[prefix + key, String(value)] as [string, string]],
  );
}

function placeholderForDirectory(error: NodeJS.ErrnoException): string {
  if (error.code === "EISDIR") return "a directory";
  throw error;
}
