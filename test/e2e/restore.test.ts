import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addLayer, METADATA, placesLayer } from "./sample-layer.ts";

/** A backup by the command, and the history that comes back from it. The tests build on each other. */
let stack: LocalStack;
let file: string;
let history: string;
/** The end of the audit trail when the backup was taken. */
let head: string;

const ALONE = ["--scale", "watcher=0", "--scale", "reconciler=0"];

beforeAll(async () => {
  stack = await startLocalStack();
  file = join(stack.home, "honua.ndjson");
  await pushLayer("towns");
  const asked = ["--reason", "the databases move"];
  expect(await stack.honua("pause", "production", ...asked)).toMatchObject({ code: 0 });
  expect(await stack.honua("resume", "production")).toMatchObject({ code: 0 });
}, 180_000);
afterAll(() => stack?.remove());

async function pushLayer(id: string): Promise<void> {
  await stack.edit(METADATA, addLayer(placesLayer(id)));
  await stack.deploymentOf(await stack.push(`feat: ${id}`), "Completed");
}

async function answerOf(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await stack.honua(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

const readHistory = () => answerOf("history", "production", "--limit", "100", "-o", "json");

it("is taken from the running system", async () => {
  expect(await answerOf("state", "export", file)).toMatch(/deployments\s+2/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  history = await readHistory();
  expect(JSON.parse(history)).toHaveLength(2);
  ({ head } = JSON.parse(await answerOf("audit", "--verify", "-o", "json")));
});

it("is not restored into the system that it is of", async () => {
  const refused = await stack.honua("state", "import", file);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain(
    "The database is not empty: it contains environments and an audit trail. Restore the backup into a new database, before you start the watcher",
  );
  expect(await readHistory()).toBe(history);
  await answerOf("audit", "--verify");
});

it("is restored into an empty database while nothing deploys", { timeout: 120_000 }, async () => {
  await stack.interrupt();
  await rm(join(stack.home, "state-database"), { recursive: true });
  await stack.start(ALONE);
  expect(await stack.honua("history", "production")).toMatchObject({
    stderr: expect.stringContaining("Environment 'production' does not exist"),
  });
  expect(await answerOf("state", "import", file)).toContain("Restored.");
  expect(await answerOf("audit", "--verify", "--head", head)).toContain("is sound");
  expect(await readHistory()).toBe(history);
});

it("goes on where it ended", { timeout: 120_000 }, async () => {
  await stack.interrupt();
  await stack.start();
  expect(await stack.collections()).toEqual(["cities", "countries", "towns"]);
  expect(await readHistory()).toBe(history);
  await pushLayer("villages");
  expect(await stack.collections()).toEqual(["cities", "countries", "towns", "villages"]);
  expect(JSON.parse(await readHistory())).toHaveLength(3);
  await answerOf("audit", "--verify");
});
