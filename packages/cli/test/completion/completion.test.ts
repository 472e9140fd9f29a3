import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NODE } from "@honua/testing/system-under-test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMPLETION_SCRIPTS } from "../../src/completion/scripts.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const DEPLOYMENT = "production-20261121-090000-abc1234";
const summary = {
  id: DEPLOYMENT,
  environment: "production",
  commit: "a".repeat(40),
  branch: "main",
  state: "Completed",
  health: "Healthy",
  syncStatus: "Synced",
  reason: null,
  errorMessage: null,
  startedAt: "2026-11-21T09:00:00.000Z",
  completedAt: "2026-11-21T09:00:02.000Z",
  initiatedBy: "GitWatcher",
  author: "Ana <ana@example.com>",
  message: "Roads",
  stateHistory: [],
};
const environment = (name: string) => ({
  environment: name,
  currentDeployment: null,
  lastSuccessfulDeployment: null,
  deployedCommit: null,
  deployedRelease: null,
  latestCommit: null,
  health: "Healthy",
  syncStatus: "Synced",
  lastUpdated: "2026-11-21T09:00:00.000Z",
  history: [],
});

let server: Server;
let variables: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = createServer((request, response) => {
    const isDeployments = request.url?.includes("/deployments");
    const items = isDeployments ? [summary] : [environment("preview"), environment("production")];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ items, next: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bin = mkdtempSync(join(tmpdir(), "honua-bin-"));
  writeFileSync(join(bin, "honua"), `#!/bin/sh\nexec "${NODE}" "${MAIN}" "$@"\n`);
  chmodSync(join(bin, "honua"), 0o755);
  variables = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: bin,
    HONUA_STATE_URL: url,
    HONUA_APPROVALS_URL: url,
    HONUA_TOKEN: "token-of-the-test",
  };
});
afterAll(() => {
  server?.close();
});

/** Returns the candidates of bash after Tab was pressed at the end of this line. */
function completeInBash(line: string): Promise<string[]> {
  const words = line.split(" ");
  const script = [
    "source <(honua completion bash)",
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})`,
    `COMP_CWORD=${words.length - 1}`,
    "_honua",
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n");
  return new Promise((resolve, reject) => {
    execFile("bash", ["--norc", "-c", script], { env: variables }, (error, stdout) =>
      error ? reject(error) : resolve(stdout.split("\n").filter((word) => word !== "")),
    );
  });
}

describe("completion in bash", () => {
  it.each([
    ["honua sta", ["state", "status"]],
    ["honua deployment a", ["approve"]],
    ["honua sync production --d", ["--dry-run"]],
    ["honua status -o ", ["table", "json", "yaml"]],
    ["honua validate --format ", ["github"]],
    ["honua status pro", ["production"]],
    ["honua history ", ["preview", "production"]],
    ["honua plan --environment pre", ["preview"]],
    ["honua deployment show production-", [DEPLOYMENT]],
    ["honua rollback production --to ", [DEPLOYMENT]],
    ["honua events --types deploy.c", ["deploy.created", "deploy.completed"]],
    ["honua completion f", ["fish"]],
    ["honua validate ", []],
    ["honua nothing ", []],
  ])("%s", async (line, expected) => {
    expect((await completeInBash(line)).sort()).toEqual([...expected].sort());
  });

  it("offers every command except the hidden one", async () => {
    const candidates = await completeInBash("honua ");
    expect(candidates).toEqual(
      expect.arrayContaining(["init", "plan", "events", "rollback", "up"]),
    );
    expect(candidates).not.toContain("__complete");
  });
});

describe("COMPLETION_SCRIPTS", () => {
  it.each(["bash", "zsh", "fish"] as const)("has valid syntax for %s", (shell) => {
    if (!isInstalled(shell)) return;
    const args = shell === "fish" ? ["--no-execute"] : ["-n"];
    execFileSync(shell, args, { input: COMPLETION_SCRIPTS[shell] });
  });
});

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ["-c", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
