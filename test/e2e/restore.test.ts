import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addLayer, METADATA, placesLayer } from "./sample-layer.ts";

/** A backup with `honua state export`, and its restore. The tests build on each other. */
let stack: LocalStack;
let file: string;
let history: string;
/** The head of the audit trail at the time of the backup. */
let head: string;

const WITHOUT_DEPLOYMENTS = ["--scale", "watcher=0", "--scale", "reconciler=0"];

beforeAll(async () => {
  stack = await startLocalStack();
  file = join(stack.home, "honua.ndjson");
  await pushLayer("towns");
  const reason = ["--reason", "the databases move"];
  expect(await stack.honua("pause", "production", ...reason)).toMatchObject({ code: 0 });
  expect(await stack.honua("resume", "production")).toMatchObject({ code: 0 });
}, 180_000);
afterAll(() => stack?.remove());

async function pushLayer(id: string): Promise<void> {
  await stack.edit(METADATA, addLayer(placesLayer(id)));
  await stack.deploymentOf(await stack.push(`feat: ${id}`), "Completed");
}

async function runHonua(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await stack.honua(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

const readHistory = () => runHonua("history", "production", "--limit", "100", "-o", "json");

it("backs up the running system", async () => {
  expect(await runHonua("state", "export", file)).toMatch(/deployments\s+2/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  history = await readHistory();
  expect(JSON.parse(history)).toHaveLength(2);
  ({ head } = JSON.parse(await runHonua("audit", "--verify", "-o", "json")));
});

it("does not restore a backup into a database that is not empty", async () => {
  const refused = await stack.honua("state", "import", file);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain(
    "The database is not empty: it contains environments and an audit trail. Restore the backup into a new database, before you start the watcher",
  );
  expect(await readHistory()).toBe(history);
  await runHonua("audit", "--verify");
});

it("restores a backup into an empty database while no deployments run", {
  timeout: 120_000,
}, async () => {
  await stack.interrupt();
  await rm(join(stack.home, "state-database"), { recursive: true });
  await stack.start(WITHOUT_DEPLOYMENTS);
  expect(await stack.honua("history", "production")).toMatchObject({
    stderr: expect.stringContaining("Environment 'production' does not exist"),
  });
  expect(await runHonua("state", "import", file)).toContain("Restored.");
  expect(await runHonua("audit", "--verify", "--head", head)).toContain("The audit trail is valid");
  expect(await readHistory()).toBe(history);
});

it("continues to deploy after the restore", async () => {
  await stack.interrupt();
  await stack.start();
  expect(await stack.collections()).toEqual(["cities", "countries", "towns"]);
  expect(await readHistory()).toBe(history);
  await pushLayer("villages");
  expect(await stack.collections()).toEqual(["cities", "countries", "towns", "villages"]);
  expect(JSON.parse(await readHistory())).toHaveLength(3);
  await runHonua("audit", "--verify");
});
