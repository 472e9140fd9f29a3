import { existsSync, readFileSync } from "node:fs";
import {
  allEvents,
  eventSubjects,
  pollNow,
  recordCommitRefused,
  recordDecision,
} from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EngineUnderTest,
  type EnvironmentUnderTest,
  metadataOf,
  startEngine,
} from "./engine-under-test.ts";

/**
 * Every kind of event that the contracts name: what leads to it, and what it leaves besides. One that
 * is added to the catalogue needs its story here.
 */
interface Story {
  happens: (environment: EnvironmentUnderTest) => Promise<unknown>;
  /** What the state document shows afterwards. */
  document: object;
  /** Action, actor and outcome in the audit trail; null where nothing was decided or changed. */
  audit: { action: string; actor: string } | null;
  /** The series that has grown by then, or is above 0. */
  metric: string;
}

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine?.stop());

const PEOPLE_MUST_AGREE = "requiresApproval: true";
const RECONCILER = "system:reconciler";
const OSCAR = "user:oscar";
const counted = (event: string) => `honua_gitops_events_total{event="${event}"`;
const current = (fields: object) => ({ currentDeployment: fields });

async function deployed(environment: EnvironmentUnderTest, policy = PEOPLE_MUST_AGREE) {
  const commit = await environment.commit(metadataOf("cities"), { policy });
  return environment.until(commit, "Completed");
}

/** Nobody has to agree to what follows either. */
async function deployedFreely(environment: EnvironmentUnderTest) {
  return environment.until(await environment.commit(metadataOf("cities")), "Completed");
}

/** A deployment that waits for people, as the policy of the one before wants it. */
async function waiting(environment: EnvironmentUnderTest, policy?: string) {
  await deployed(environment, policy);
  const commit = await environment.commit(metadataOf("cities", "roads"));
  return environment.until(commit, "AwaitingApproval");
}

async function decided(
  environment: EnvironmentUnderTest,
  outcome: "approved" | "rejected",
  policy?: string,
) {
  const { id, plan } = await waiting(environment, policy);
  const subject = "bea@example.com";
  const decision = { outcome, subject, recordedBy: subject, method: "token" as const };
  const planDigest = plan?.planDigest ?? "";
  await engine.bus.call(recordDecision, {
    deploymentId: id,
    decision: { ...decision, planDigest },
  });
}

async function operate({ name }: EnvironmentUnderTest, verb: string, body: object) {
  const answer = await engine.ask(`/api/gitops/environments/${name}/${verb}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
}

/** What the audit trail has of an environment, with these members. */
async function auditOf({ name }: EnvironmentUnderTest, entry: Record<string, string>) {
  const query = new URLSearchParams({ environment: name, ...entry });
  const { body } = await engine.ask(`/api/gitops/audit?${query}`);
  return body.items;
}

async function rolledBackByHand(environment: EnvironmentUnderTest) {
  await deployedFreely(environment);
  await environment.until(await environment.commit(metadataOf("cities", "roads")), "Completed");
  await operate(environment, "rollback", { reason: "wrong colours" });
}

const STORIES: Record<string, Story> = {
  "commit.refused": {
    async happens(environment) {
      await deployed(environment);
      const person = { name: "Eve", email: "eve@example.com" };
      await engine.bus.call(recordCommitRefused, {
        environment: environment.name,
        commit: {
          id: "e".repeat(40),
          repository: "file:///honua-config.git",
          branch: "main",
          author: person,
          committer: person,
          message: "feat: Unsigned",
          committedAt: "2026-03-01T09:00:00.000Z",
        },
        code: "commit-unsigned",
        reason: "the commit is not signed",
      });
    },
    document: { refusal: { code: "commit-unsigned" }, syncStatus: "OutOfSync" },
    audit: { action: "commit.refuse", actor: "system:watcher" },
    metric: counted("commit.refused"),
  },
  "deploy.created": {
    happens: (environment) => environment.commit(metadataOf("cities")),
    document: current({ initiatedBy: "GitWatcher" }),
    // What was decided about it is an entry of its own, with the commit.
    audit: null,
    metric: "honua_gitops_reconciliations_total",
  },
  "deploy.planned": {
    happens: deployed,
    document: current({ state: "Completed" }),
    audit: { action: "policy.decide", actor: RECONCILER },
    metric: counted("deploy.planned"),
  },
  "deploy.approval-requested": {
    happens: waiting,
    document: { ...current({ state: "AwaitingApproval" }), syncStatus: "OutOfSync" },
    audit: { action: "policy.decide", actor: RECONCILER },
    metric: "honua_gitops_deployments_awaiting_approval",
  },
  "deploy.approval-given": {
    happens: (environment) =>
      decided(environment, "approved", "requiresApproval: true, approvals: { required: 2 }"),
    document: current({ state: "AwaitingApproval" }),
    audit: { action: "deployment.approve", actor: "user:bea@example.com" },
    metric: counted("deploy.approval-given"),
  },
  "deploy.approved": {
    happens: (environment) => decided(environment, "approved"),
    document: current({ state: "Completed" }),
    audit: { action: "deployment.approve", actor: "user:bea@example.com" },
    metric: counted("deploy.approved"),
  },
  "deploy.rejected": {
    happens: (environment) => decided(environment, "rejected"),
    document: { ...current({ state: "Failed", reason: "Rejected" }), health: "Healthy" },
    audit: { action: "deployment.reject", actor: "user:bea@example.com" },
    metric: counted("deploy.rejected"),
  },
  "deploy.approval-expired": {
    happens: (environment) => waiting(environment, "requiresApproval: true, approvalTimeout: 1s"),
    document: { ...current({ state: "Failed", reason: "ApprovalExpired" }), health: "Healthy" },
    audit: { action: "deployment.fail", actor: RECONCILER },
    metric: "honua_gitops_approval_timeout_total",
  },
  "deploy.applying": {
    happens: deployed,
    document: current({ state: "Completed" }),
    audit: { action: "deployment.apply", actor: RECONCILER },
    metric: counted("deploy.applying"),
  },
  "deploy.completed": {
    happens: deployed,
    document: { ...current({ state: "Completed" }), health: "Healthy", syncStatus: "Synced" },
    audit: { action: "deployment.complete", actor: RECONCILER },
    metric: "honua_gitops_reconciliations_success_total",
  },
  "deploy.failed": {
    happens: (environment) => environment.commit({ services: "none" }),
    document: current({ state: "Failed", reason: "InvalidConfiguration" }),
    audit: { action: "deployment.fail", actor: RECONCILER },
    metric: "honua_gitops_reconciliations_failure_total",
  },
  "deploy.rolled-back": {
    async happens(environment) {
      await deployedFreely(environment);
      environment.gateways[0]?.answerHttp((path) => (path.includes("/roads/") ? 500 : 200));
      await environment.commit(metadataOf("cities", "roads"));
    },
    document: { ...current({ state: "RolledBack" }), health: "Degraded", syncStatus: "OutOfSync" },
    audit: { action: "deployment.rolled-back", actor: RECONCILER },
    metric: "honua_gitops_environments_degraded",
  },
  "environment.paused": {
    async happens(environment) {
      await deployed(environment);
      await operate(environment, "pause", { reason: "the database moves" });
    },
    document: { pause: { reason: "the database moves", by: OSCAR } },
    audit: { action: "environment.pause", actor: OSCAR },
    metric: "honua_gitops_environments_paused",
  },
  "environment.resumed": {
    async happens(environment) {
      await deployed(environment);
      await operate(environment, "pause", { reason: "the database moves" });
      await operate(environment, "resume", {});
    },
    document: { pause: null },
    audit: { action: "environment.resume", actor: OSCAR },
    metric: counted("environment.resumed"),
  },
  "environment.sync-requested": {
    async happens(environment) {
      await deployed(environment);
      const commit = "d".repeat(40);
      const stop = engine.bus.serve(pollNow, async () => ({ commit, detected: false }));
      await operate(environment, "sync", { force: true, reason: "again" });
      await stop();
    },
    document: { syncStatus: "Synced" },
    audit: { action: "environment.sync", actor: OSCAR },
    metric: counted("environment.sync-requested"),
  },
  "environment.rollback-requested": {
    happens: rolledBackByHand,
    document: {
      ...current({ state: "Completed", trigger: "rollback" }),
      hold: { reason: expect.stringContaining("wrong colours") },
      syncStatus: "OutOfSync",
    },
    audit: { action: "environment.rollback", actor: OSCAR },
    metric: "honua_gitops_environments_held",
  },
  "environment.resync": {
    happens: deployed,
    document: { health: "Healthy", syncStatus: "Synced" },
    // It only asks to look.
    audit: null,
    metric: "honua_gitops_lane_lag_count",
  },
  "environment.drifted": {
    async happens(environment) {
      await deployed(environment);
      await environment.gateways[0]?.report({ observedRelease: null });
    },
    document: { health: "Degraded", syncStatus: "OutOfSync" },
    audit: { action: "environment.drift", actor: RECONCILER },
    metric: "honua_gitops_environments_out_of_sync",
  },
  "environment.dry-run": {
    async happens(environment) {
      await deployed(environment);
      await environment.commit(metadataOf("cities", "roads"), { dryRun: true });
    },
    document: {
      lastDryRun: { outcome: "planned", riskLevel: "High", requiresApproval: true },
      ...current({ state: "Completed" }),
    },
    audit: { action: "environment.dry-run", actor: RECONCILER },
    metric: counted("environment.dry-run"),
  },
};

/** What only another service tells, and the test of it there. */
const ELSEWHERE: Record<string, string> = {
  "commit.detected": "services/watcher/test/watch/watcher.test.ts",
};

describe("every event of the contracts", () => {
  it("has a story here, or a test where it is told", () => {
    const told = [...Object.keys(STORIES), ...Object.keys(ELSEWHERE)];
    expect(told.sort()).toEqual(allEvents.map(({ name }) => name).sort());
    for (const [event, file] of Object.entries(ELSEWHERE)) {
      const path = new URL(`../../${file}`, import.meta.url);
      expect(existsSync(path), event).toBe(true);
      expect(readFileSync(path, "utf8")).toContain("collectDetections");
    }
  });
});

/** The sum of every series of this name, and with these labels where they are given. */
async function sumOf(series: string): Promise<number> {
  const [name = "", labels = ""] = series.split("{");
  const lines = (await engine.metrics()).split("\n");
  return lines
    .filter((line) => line.split(/[{ ]/, 1)[0] === name && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

function subjectsOf(environment: string, name: string): string[] {
  const event = allEvents.find((known) => known.name === name);
  if (!event) throw new Error(`there is no event ${name}`);
  return eventSubjects(event, environment);
}

/** A story may deploy three times; what it waits for in vain says so itself by then. */
const PATIENCE = { timeout: 120_000 };

describe.each(Object.entries(STORIES))("%s", PATIENCE, (event, story) => {
  it("is on the bus, and leaves document, audit entry and metric", async () => {
    const environment = await engine.environment();
    const seen: string[] = [];
    const stops = ["honua", "lane"].map((root) =>
      engine.bus.observeSubject(`${root}.${environment.name}.>`, (subject) => seen.push(subject)),
    );
    const isGauge =
      story.metric.includes("_environments_") || story.metric.includes("_deployments_");
    const before = isGauge ? 0 : await sumOf(story.metric);

    await story.happens(environment);

    for (const subject of subjectsOf(environment.name, event)) {
      await eventually(`${subject} is on the bus`, async () => seen.includes(subject));
    }
    await eventually("the document shows it", async () => {
      expect(await environment.state()).toMatchObject(story.document);
      return true;
    });
    if (story.audit) expect(await auditOf(environment, story.audit)).not.toEqual([]);
    await eventually(`${story.metric} has grown`, async () => (await sumOf(story.metric)) > before);
    await Promise.all(stops.map((stop) => stop()));
  });
});

describe("a deployment that a newer commit supersedes", PATIENCE, () => {
  it("leaves document, event, audit entry and metric of its own", async () => {
    const environment = await engine.environment();
    const older = await waiting(environment);
    const before = await sumOf(counted("deploy.failed"));
    const commit = await environment.commit(metadataOf("cities", "rivers"));
    const newer = await environment.until(commit, "AwaitingApproval");

    const { currentDeployment, history, health } = await environment.state();
    expect({ id: currentDeployment?.id, health }).toEqual({ id: newer.id, health: "Healthy" });
    const superseded = { id: older.id, state: "Failed", reason: "Superseded" };
    expect(history).toContainEqual(expect.objectContaining(superseded));
    await eventually("it is told", async () =>
      (await environment.events()).some(
        ({ type, data }) =>
          type.includes("deploy.failed") &&
          data.deploymentId === older.id &&
          data.reason === "Superseded",
      ),
    );
    const failures = await auditOf(environment, { action: "deployment.fail" });
    expect(failures).toMatchObject([{ target: older.id, detail: { reason: "Superseded" } }]);
    expect(await sumOf(counted("deploy.failed"))).toBeGreaterThan(before);
  });
});
