import { type ChainProblem, createChainVerifier } from "@honua/audit";
import {
  type AuditEntry,
  auditChainEnd,
  auditEntry,
  pollNow,
  recordDecision,
  recordDeniedDecision,
  transitionDeployment,
} from "@honua/contracts";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appendAuditEntry } from "../../src/audit/audit-entry.ts";
import { readAuditChain } from "../../src/audit/read-audit.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { migrateDatabase } from "../../src/database/migrate-database.ts";
import {
  advanceTo,
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  randomHex,
  transitionTo,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { callOutcome, errorCode, log, TOKENS } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, url } = stateUnderTest();
const post = (environment: string, action: string, body: object, token?: string) =>
  requestState(url(), `/environments/${environment}/${action}`, {
    body,
    ...(token ? { token } : {}),
  });

async function audit(query: Record<string, string>): Promise<AuditEntry[]> {
  const { body } = await requestState(url(), `/audit?${new URLSearchParams(query)}`);
  return auditEntry.array().parse(body.items);
}

test("records the actions of operators with their outcome, including refused and denied ones", async () => {
  const environment = uniqueEnvironment();
  const first = await completeNewDeployment(bus(), openRequest(environment));
  const second = await completeNewDeployment(bus(), openRequest(environment));
  const stop = bus().serve(pollNow, async () => ({ commit: randomHex(20), detected: true }));
  await post(environment, "pause", { reason: "the database moves" });
  await post(environment, "pause", { reason: "the database moves" }, TOKENS.viewer);
  await post(environment, "pause", {});
  await post(environment, "resume", {});
  await post(environment, "sync", { force: true, reason: "again" });
  await stop();
  await post(environment, "rollback", { to: second.id });
  await post(environment, "rollback", { to: first.id, reason: "wrong colours" });
  await requestState(url(), `/environments/${environment}/pause`, {
    body: {},
    token: "unknown token",
  });

  const entries = (await audit({ environment })).toReversed();
  const said = entries
    .filter(({ action }) => action.startsWith("environment."))
    .map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`);
  expect(said).toEqual([
    "user:oscar@example.com environment.pause done",
    "user:vera@example.com environment.pause denied",
    "user:oscar@example.com environment.pause refused",
    "user:oscar@example.com environment.resume done",
    "user:oscar@example.com environment.sync accepted",
    "user:oscar@example.com environment.rollback refused",
    "user:oscar@example.com environment.rollback done",
  ]);
  const of = (action: string, outcome: string) =>
    entries.find((entry) => entry.action === action && entry.outcome === outcome);
  expect(of("environment.pause", "done")?.detail).toEqual({ reason: "the database moves" });
  expect(of("environment.pause", "denied")?.detail).toMatchObject({ status: 403 });
  expect(of("environment.sync", "accepted")?.detail).toMatchObject({
    force: true,
    reason: "again",
  });
  expect(of("environment.rollback", "refused")?.detail).toMatchObject({
    status: 409,
    message: expect.stringContaining("already serves"),
  });
  expect(of("environment.rollback", "done")?.detail).toMatchObject({ to: first.id });
});

test("records policy decisions and each step that changes the served release", async () => {
  const environment = uniqueEnvironment();
  const live = await completeNewDeployment(bus(), openRequest(environment));
  const failed = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "RolledBack",
  );
  const entries = (await audit({ environment })).toReversed();
  expect(entries.map(({ action, target }) => [action, target])).toEqual([
    ["policy.decide", live.id],
    ["deployment.apply", live.id],
    ["deployment.complete", live.id],
    ["policy.decide", failed.id],
    ["deployment.apply", failed.id],
    ["deployment.fail", failed.id],
    ["deployment.roll-back", failed.id],
    ["deployment.rolled-back", failed.id],
  ]);
  expect(entries[0]).toMatchObject({
    actor: "system:reconciler",
    detail: { rule: "default", requiresApproval: false, planDigest: live.plan?.planDigest },
  });
  expect(entries[5]?.detail).toMatchObject({
    reason: "VerificationFailed",
    errorMessage: "roads returned status 500",
  });
  expect(entries[7]?.detail).toMatchObject({ release: live.release });
});

test("records decisions with their recorder, including refused and denied ones", async () => {
  const environment = uniqueEnvironment();
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "AwaitingApproval",
  );
  const decision = {
    outcome: "approved" as const,
    subject: "ana@example.com",
    recordedBy: "robot",
    method: "token" as const,
    planDigest: waiting.plan?.planDigest ?? "",
  };
  const request = { deploymentId: waiting.id, decision };
  await bus().call(recordDecision, request);
  await callOutcome(bus(), recordDecision, request);
  await bus().call(recordDeniedDecision, {
    deploymentId: waiting.id,
    subject: "eve",
    recordedBy: "eve",
    choice: "rejected",
    message: "'eve' lacks the role 'approver'.",
  });
  const entries = (await audit({ environment })).toReversed().slice(1);
  expect(entries).toMatchObject([
    {
      actor: "user:ana@example.com",
      recordedBy: "robot",
      action: "deployment.approve",
      target: waiting.id,
      outcome: "done",
    },
    { action: "deployment.approve", outcome: "refused", detail: { code: "already-decided" } },
    { actor: "user:eve", recordedBy: null, action: "deployment.reject", outcome: "denied" },
  ]);
});

test("returns the audit trail in filtered pages without gaps or repeats", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  await post(environment, "pause", { reason: "a" });
  await post(environment, "resume", {});
  const all = await audit({ environment });
  const seen: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ environment, limit: "2", ...(cursor ? { cursor } : {}) });
    const { body } = await requestState(url(), `/audit?${query}`);
    seen.push(...auditEntry.array().parse(body.items));
    cursor = (body.next as string | null) ?? undefined;
  } while (cursor);
  expect(seen).toEqual(all);
  const byActor = await audit({ environment, actor: "user:oscar@example.com" });
  expect(byActor.map(({ action }) => action)).toEqual(["environment.resume", "environment.pause"]);
  expect(await audit({ environment, action: "environment.pause" })).toHaveLength(1);
  expect((await requestState(url(), "/audit?cursor=%21")).status).toBe(400);
  expect((await requestState(url(), "/audit?who=ana")).status).toBe(400);
});

test("keeps one intact chain when two processes write concurrently", async () => {
  const environments = Array.from({ length: 8 }, () => uniqueEnvironment());
  await Promise.all(
    environments.map((environment) => completeNewDeployment(bus(), openRequest(environment))),
  );
  const response = await fetch(`${url()}/api/gitops/audit/chain`, {
    headers: { authorization: `Bearer ${TOKENS.viewer}` },
  });
  const lines = (await response.text()).trimEnd().split("\n");
  const verifier = createChainVerifier();
  for (const line of lines.slice(0, -1)) {
    expect(verifier.verifyNext(auditEntry.parse(JSON.parse(line)))).toBeUndefined();
  }
  const { head } = auditChainEnd.parse(JSON.parse(lines.at(-1) ?? ""));
  expect(verifier.verifyEnd(head)).toBeUndefined();
  expect(head.sequence).toBeGreaterThanOrEqual(24);
});

test("writes no entry for a rolled-back transaction", async () => {
  const environment = uniqueEnvironment();
  const pending = await openNewDeployment(bus(), openRequest(environment));
  const failing = transitionTo(pending, "Failed", { reason: "Internal" });
  const stale = { ...failing, expectedVersion: pending.version + 1 };
  expect(errorCode(await callOutcome(bus(), transitionDeployment, stale))).toBe("stale-version");
  expect(await audit({ environment })).toEqual([]);
  await bus().call(transitionDeployment, failing);
  expect(await audit({ environment })).toMatchObject([{ action: "deployment.fail" }]);
});

/** Creates a separate database, because the test tampers with its audit trail. */
let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createDatabase();
  database = await openDatabase(own.url, log);
  await migrateDatabase(database.kysely);
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});

async function verified(): Promise<ChainProblem | undefined> {
  const verifier = createChainVerifier();
  for await (const part of readAuditChain(database)) {
    if ("head" in part) return verifier.verifyEnd(part.head);
    for (const entry of part.entries) {
      const problem = verifier.verifyNext(entry);
      if (problem) return problem;
    }
  }
  return undefined;
}

async function write(count: number) {
  for (let n = 0; n < count; n += 1) {
    await database.transaction((transaction) =>
      appendAuditEntry(
        transaction,
        {
          actor: "user:ana",
          action: "test.write",
          outcome: "done",
          detail: { n, odd: "\uD800 \u0000" },
        },
        new Date(),
      ),
    );
  }
}

test("refuses updates and deletes of audit rows by triggers", async () => {
  await write(3);
  for (const statement of [
    sql`update audit set actor = 'user:eve' where sequence = 1`,
    sql`delete from audit where sequence = 3`,
    sql`truncate audit`,
    sql`update audit_head set sequence = 1`,
    sql`delete from audit_head`,
  ]) {
    await expect(statement.execute(database.kysely)).rejects.toThrow("only grows");
  }
  expect(await verified()).toBeUndefined();
});

test("detects a change that bypasses the triggers, at the first modified row", async () => {
  await write(3);
  const attempts = [
    { change: sql`update audit set actor = 'user:eve' where sequence = 2`, at: 2 },
    { change: sql`delete from audit where sequence = 2`, at: 2 },
    {
      change: sql`update audit set sequence = case sequence when 2 then 1003 else 1002 end
        where sequence in (2, 3)`,
      afterwards: sql`update audit set sequence = sequence - 1000
        where sequence > 1000`,
      at: 2,
    },
    { change: sql`delete from audit where sequence >= 5`, at: 5 },
    {
      change: sql`insert into audit select 7, at, environment, actor, recorded_by, action, target,
        outcome, detail, hash, repeat('a', 64) from audit where sequence = 6`,
      at: 7,
    },
  ];
  for (const { change, afterwards, at } of attempts) {
    await database
      .transaction(async (transaction) => {
        await sql`set local session_replication_role = replica`.execute(transaction);
        await change.execute(transaction);
        await afterwards?.execute(transaction);
        const seen = await verifiedIn(transaction);
        expect(seen).toMatchObject({ sequence: at });
        throw new Error("undo");
      })
      .catch((error: Error) => {
        if (error.message !== "undo") throw error;
      });
  }
  expect(await verified()).toBeUndefined();
});

async function verifiedIn(reader: Database["kysely"]) {
  const verifier = createChainVerifier();
  const within = { ...database, snapshot: (work: (r: typeof reader) => unknown) => work(reader) };
  for await (const part of readAuditChain(within as Database)) {
    if ("head" in part) return verifier.verifyEnd(part.head);
    for (const entry of part.entries) {
      const problem = verifier.verifyNext(entry);
      if (problem) return problem;
    }
  }
  return undefined;
}
