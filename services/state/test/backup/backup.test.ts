import { createHash } from "node:crypto";
import { createChainVerifier } from "@honua/audit";
import {
  type AuditEntry,
  auditChainEnd,
  auditEntry,
  backupEnd,
  backupManifest,
  recordCommitRefused,
} from "@honua/contracts";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  newCommit,
  openNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import {
  connectTestBus,
  type RunningState,
  startState,
  TOKENS,
} from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";

let nats: RunningNats;
let source: TestDatabase;
let target: TestDatabase;
let from: RunningState;
let to: RunningState;
const environment = uniqueEnvironment();
let live = "";
let backup = "";

beforeAll(async () => {
  [source, target, nats] = await Promise.all([createDatabase(), createDatabase(), startNats()]);
  from = await startState({ databaseUrl: source.url, natsUrl: nats.url });
  const bus = await connectTestBus(nats.url);
  await completeNewDeployment(bus, openRequest(environment));
  live = (await completeNewDeployment(bus, openRequest(environment))).id;
  await advanceTo(bus, await openNewDeployment(bus, openRequest(environment)), "AwaitingApproval");
  await bus.call(recordCommitRefused, {
    environment,
    commit: newCommit(),
    code: "unsigned",
    reason: 'the commit is not signed\nand "quoted" \u2028 \'text\' {"table":"audit"}',
  });
  await requestState(from.url, `/environments/${environment}/pause`, {
    body: { reason: "moving\u2028on" },
  });
  await bus.close();
  backup = await (await request(from.url, {})).text();
  // Otherwise both services would serve calls on the same bus.
  await from.stop();
  to = await startState({ databaseUrl: target.url, natsUrl: nats.url });
}, 120_000);
afterAll(async () => {
  await to?.stop();
  await nats?.stop();
  await Promise.all([source?.drop(), target?.drop()]);
});

function request(url: string, init: RequestInit, token: string = TOKENS.admin) {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`${url}/api/gitops/backup`, { ...init, headers });
}

async function restore(body: string): Promise<{ status: number; detail: string }> {
  const response = await request(to.url, { method: "POST", body });
  const { detail = "" } = (await response.json()) as { detail?: string };
  return { status: response.status, detail };
}

const linesOf = (text: string) => text.trimEnd().split("\n");

/** Changed rows with a matching end, so that only their content is wrong. */
function sealedAnew(lines: string[]): string {
  const body = lines.slice(0, -1).map((line) => `${line}\n`);
  const end = JSON.parse(lines.at(-1) ?? "");
  const sha256 = createHash("sha256").update(body.join("")).digest("hex");
  return `${body.join("")}${JSON.stringify({ ...end, sha256 })}\n`;
}

describe("a backup", () => {
  it("starts with a manifest and ends with the digest of all preceding lines", () => {
    const lines = linesOf(backup);
    expect(backupManifest.parse(JSON.parse(lines[0] ?? "")).schema).toMatch(/^\d{4}-/);
    const { rows, sha256 } = backupEnd.parse(JSON.parse(lines.at(-1) ?? ""));
    expect(rows).toMatchObject({ environments: 1, deployments: 3, refused_commits: 1 });
    expect(rows.releases).toBeGreaterThan(0);
    const body = lines.slice(0, -1).map((line) => `${line}\n`);
    expect(createHash("sha256").update(body.join("")).digest("hex")).toBe(sha256);
  });

  it("requires the admin role", async () => {
    for (const token of [TOKENS.viewer, TOKENS.operator]) {
      expect((await request(to.url, {}, token)).status).toBe(403);
      expect((await request(to.url, { method: "POST", body: backup }, token)).status).toBe(403);
    }
  });
});

describe("a restore", () => {
  it("refuses a damaged backup with the reason and stores nothing", async () => {
    const lines = linesOf(backup);
    const manifest = JSON.parse(lines[0] ?? "");
    const audit = lines.findIndex((line) => line.startsWith('{"table":"audit",'));
    const transition = lines.findIndex((line) => line.includes('"deployment_transitions","row"'));
    const forged = lines.with(
      audit,
      (lines[audit] ?? "").replace('"actor":"', '"actor":"user:not-'),
    );
    const unread = lines.with(0, JSON.stringify({ ...manifest, schema: "9999-later" }));
    const unknown = lines.with(3, '{"table":"pets","row":{"name":"Rex"}}');
    for (const [damaged, reason] of [
      ["", "it is empty"],
      [lines.slice(0, -1).join("\n"), `cut short after line ${lines.length - 1}`],
      [lines.slice(0, 5).join("\n"), "cut short after line 5"],
      [lines.toSpliced(transition, 1).join("\n"), "rows of table 'deployment_transitions'"],
      [forged.join("\n"), "its lines have SHA-256"],
      [sealedAnew(forged), "its audit chain is broken: Entry"],
      [sealedAnew(unread), "newer than schema"],
      [unknown.join("\n"), "rows of the unknown table 'pets'"],
      [`${backup}{}\n`, "follows the end"],
      [lines.with(4, "{").join("\n"), "line 5 is neither"],
      ["<html>\n", "its first line is not a backup manifest"],
    ] as const) {
      const { status, detail } = await restore(damaged);
      expect(detail).toContain(reason);
      expect(status, detail).toBe(422);
    }
    const { body } = await requestState(to.url, "/environments");
    expect(body.items).toEqual([]);
  });

  it("restores all history with an intact audit chain, and the service continues from it", async () => {
    expect((await restore(backup)).status).toBe(200);
    const { body } = await requestState(to.url, `/environments/${environment}`);
    expect(body).toMatchObject({
      lastSuccessfulDeployment: { id: live },
      pause: { reason: "moving\u2028on" },
      currentDeployment: { state: "AwaitingApproval" },
    });
    const chain = await fetch(`${to.url}/api/gitops/audit/chain`, {
      headers: { authorization: `Bearer ${TOKENS.viewer}` },
    });
    const text = await chain.text();
    const lines = linesOf(text).map((line) => JSON.parse(line));
    const verifier = createChainVerifier();
    expect(text).not.toContain("\u2028");
    for (const entry of lines.slice(0, -1)) {
      expect(verifier.verifyNext(auditEntry.parse(entry))).toBeUndefined();
    }
    expect(verifier.verifyEnd(auditChainEnd.parse(lines.at(-1)).head)).toBeUndefined();
    expect(lines.at(-2)).toMatchObject({ action: "state.import", actor: "user:ada@example.com" });

    const again = linesOf(await (await request(to.url, {})).text());
    const isHistory = (line: string) => line.startsWith('{"table":') && !line.includes('"audit');
    expect(again.filter(isHistory)).toEqual(linesOf(backup).filter(isHistory));

    const bus = await connectTestBus(nats.url);
    const elsewhere = await completeNewDeployment(bus, openRequest(uniqueEnvironment()));
    await bus.close();
    expect(elsewhere.state).toBe("Completed");
  });

  it("refuses a database that is not empty", async () => {
    const { status, detail } = await restore(backup);
    expect(status).toBe(409);
    expect(detail).toContain("not empty");
  });
});

describe("the audit trail", () => {
  it("contains every export and import attempt, except those on an empty database", async () => {
    // The attempts on the empty database left no entry, so it could still be restored into.
    await request(to.url, {}, TOKENS.viewer);
    await request(to.url, { method: "POST", body: "" }, TOKENS.operator);
    await request(to.url, { method: "POST", body: backup });
    await request(to.url, {}, "unknown token");
    const { body } = await requestState(to.url, "/audit?limit=20");
    const recorded = (body.items as AuditEntry[])
      .filter(({ action }) => action.startsWith("state."))
      .map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`);
    expect(recorded).toEqual([
      "user:ada@example.com state.import refused",
      "user:oscar@example.com state.import denied",
      "user:vera@example.com state.export denied",
      "user:ada@example.com state.import refused",
      "user:ada@example.com state.export accepted",
      "user:ada@example.com state.import done",
      "user:ada@example.com state.export accepted",
    ]);
    expect((body.items as AuditEntry[])[0]?.detail).toMatchObject({
      status: 409,
      message: expect.stringContaining("not empty"),
    });
  });
});
