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
 * Triggers an event of the contracts, and lists what must follow from it. Each event in the catalogue
 * needs a scenario.
 */
interface EventScenario {
  trigger: (environment: EnvironmentUnderTest) => Promise<unknown>;
  /** Fields of the state document afterwards. */
  document: object;
  /** Fields of an audit entry; null if the event decides and changes nothing. */
  audit: { action: string; actor: string } | null;
  /** The metric that increases, or a gauge that is above 0. */
  metric: string;
}

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine?.stop());

const REQUIRES_APPROVAL = "requiresApproval: true";
const RECONCILER = "system:reconciler";
const OSCAR = "user:oscar";
const eventCounter = (event: string) => `honua_gitops_events_total{event="${event}"`;
const current = (fields: object) => ({ currentDeployment: fields });

async function deploy(environment: EnvironmentUnderTest, policy = REQUIRES_APPROVAL) {
  const commit = await environment.publishCommit(metadataOf("cities"), { policy });
  return environment.untilState(commit, "Completed");
}

/** Deploys with a policy that does not require approval, also for later deployments. */
async function deployWithoutApproval(environment: EnvironmentUnderTest) {
  return environment.untilState(await environment.publishCommit(metadataOf("cities")), "Completed");
}

/** A deployment that needs approval because of the policy of the previous deployment. */
async function deployUntilApproval(environment: EnvironmentUnderTest, policy?: string) {
  await deploy(environment, policy);
  const commit = await environment.publishCommit(metadataOf("cities", "roads"));
  return environment.untilState(commit, "AwaitingApproval");
}

async function deployAndDecide(
  environment: EnvironmentUnderTest,
  outcome: "approved" | "rejected",
  policy?: string,
) {
  const { id, plan } = await deployUntilApproval(environment, policy);
  const subject = "bea@example.com";
  const decision = { outcome, subject, recordedBy: subject, method: "token" as const };
  const planDigest = plan?.planDigest ?? "";
  await engine.bus.call(recordDecision, {
    deploymentId: id,
    decision: { ...decision, planDigest },
  });
}

async function requestOperation({ name }: EnvironmentUnderTest, verb: string, body: object) {
  const response = await engine.askState(`/api/gitops/environments/${name}/${verb}`, body);
  expect(response.status, JSON.stringify(response.body)).toBeLessThan(300);
}

/** Entries of the audit trail of an environment with these fields. */
async function auditEntriesOf({ name }: EnvironmentUnderTest, entry: Record<string, string>) {
  const query = new URLSearchParams({ environment: name, ...entry });
  const { body } = await engine.askState(`/api/gitops/audit?${query}`);
  return body.items;
}

async function deployAndRollBack(environment: EnvironmentUnderTest) {
  await deployWithoutApproval(environment);
  await environment.untilState(
    await environment.publishCommit(metadataOf("cities", "roads")),
    "Completed",
  );
  await requestOperation(environment, "rollback", { reason: "wrong colours" });
}

const SCENARIOS: Record<string, EventScenario> = {
  "commit.refused": {
    async trigger(environment) {
      await deploy(environment);
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
    metric: eventCounter("commit.refused"),
  },
  "deploy.created": {
    trigger: (environment) => environment.publishCommit(metadataOf("cities")),
    document: current({ initiatedBy: "GitWatcher" }),
    // The policy decision has its own audit entry.
    audit: null,
    metric: "honua_gitops_reconciliations_total",
  },
  "deploy.planned": {
    trigger: deploy,
    document: current({ state: "Completed" }),
    audit: { action: "policy.decide", actor: RECONCILER },
    metric: eventCounter("deploy.planned"),
  },
  "deploy.approval-requested": {
    trigger: deployUntilApproval,
    document: { ...current({ state: "AwaitingApproval" }), syncStatus: "OutOfSync" },
    audit: { action: "policy.decide", actor: RECONCILER },
    metric: "honua_gitops_deployments_awaiting_approval",
  },
  "deploy.approval-given": {
    trigger: (environment) =>
      deployAndDecide(
        environment,
        "approved",
        "requiresApproval: true, approvals: { required: 2 }",
      ),
    document: current({ state: "AwaitingApproval" }),
    audit: { action: "deployment.approve", actor: "user:bea@example.com" },
    metric: eventCounter("deploy.approval-given"),
  },
  "deploy.approved": {
    trigger: (environment) => deployAndDecide(environment, "approved"),
    document: current({ state: "Completed" }),
    audit: { action: "deployment.approve", actor: "user:bea@example.com" },
    metric: eventCounter("deploy.approved"),
  },
  "deploy.rejected": {
    trigger: (environment) => deployAndDecide(environment, "rejected"),
    document: { ...current({ state: "Failed", reason: "Rejected" }), health: "Healthy" },
    audit: { action: "deployment.reject", actor: "user:bea@example.com" },
    metric: eventCounter("deploy.rejected"),
  },
  "deploy.approval-expired": {
    trigger: (environment) =>
      deployUntilApproval(environment, "requiresApproval: true, approvalTimeout: 1s"),
    document: { ...current({ state: "Failed", reason: "ApprovalExpired" }), health: "Healthy" },
    audit: { action: "deployment.fail", actor: RECONCILER },
    metric: "honua_gitops_approval_timeout_total",
  },
  "deploy.applying": {
    trigger: deploy,
    document: current({ state: "Completed" }),
    audit: { action: "deployment.apply", actor: RECONCILER },
    metric: eventCounter("deploy.applying"),
  },
  "deploy.completed": {
    trigger: deploy,
    document: { ...current({ state: "Completed" }), health: "Healthy", syncStatus: "Synced" },
    audit: { action: "deployment.complete", actor: RECONCILER },
    metric: "honua_gitops_reconciliations_success_total",
  },
  "deploy.failed": {
    trigger: (environment) => environment.publishCommit({ services: "none" }),
    document: current({ state: "Failed", reason: "InvalidConfiguration" }),
    audit: { action: "deployment.fail", actor: RECONCILER },
    metric: "honua_gitops_reconciliations_failure_total",
  },
  "deploy.rolled-back": {
    async trigger(environment) {
      await deployWithoutApproval(environment);
      environment.gateways[0]?.onRequest((path) => (path.includes("/roads/") ? 500 : 200));
      await environment.publishCommit(metadataOf("cities", "roads"));
    },
    document: { ...current({ state: "RolledBack" }), health: "Degraded", syncStatus: "OutOfSync" },
    audit: { action: "deployment.rolled-back", actor: RECONCILER },
    metric: "honua_gitops_environments_degraded",
  },
  "environment.paused": {
    async trigger(environment) {
      await deploy(environment);
      await requestOperation(environment, "pause", { reason: "the database moves" });
    },
    document: { pause: { reason: "the database moves", by: OSCAR } },
    audit: { action: "environment.pause", actor: OSCAR },
    metric: "honua_gitops_environments_paused",
  },
  "environment.resumed": {
    async trigger(environment) {
      await deploy(environment);
      await requestOperation(environment, "pause", { reason: "the database moves" });
      await requestOperation(environment, "resume", {});
    },
    document: { pause: null },
    audit: { action: "environment.resume", actor: OSCAR },
    metric: eventCounter("environment.resumed"),
  },
  "environment.sync-requested": {
    async trigger(environment) {
      await deploy(environment);
      const commit = "d".repeat(40);
      const stop = engine.bus.serve(pollNow, async () => ({ commit, detected: false }));
      await requestOperation(environment, "sync", { force: true, reason: "again" });
      await stop();
    },
    document: { syncStatus: "Synced" },
    audit: { action: "environment.sync", actor: OSCAR },
    metric: eventCounter("environment.sync-requested"),
  },
  "environment.rollback-requested": {
    trigger: deployAndRollBack,
    document: {
      ...current({ state: "Completed", trigger: "rollback" }),
      hold: { reason: expect.stringContaining("wrong colours") },
      syncStatus: "OutOfSync",
    },
    audit: { action: "environment.rollback", actor: OSCAR },
    metric: "honua_gitops_environments_held",
  },
  "environment.resync": {
    trigger: deploy,
    document: { health: "Healthy", syncStatus: "Synced" },
    // A resync only triggers an observation.
    audit: null,
    metric: "honua_gitops_lane_lag_count",
  },
  "environment.drifted": {
    async trigger(environment) {
      await deploy(environment);
      await environment.gateways[0]?.reportStatus({ observedRelease: null });
    },
    document: { health: "Degraded", syncStatus: "OutOfSync" },
    audit: { action: "environment.drift", actor: RECONCILER },
    metric: "honua_gitops_environments_out_of_sync",
  },
  "environment.dry-run": {
    async trigger(environment) {
      await deploy(environment);
      await environment.publishCommit(metadataOf("cities", "roads"), { dryRun: true });
    },
    document: {
      lastDryRun: { outcome: "planned", riskLevel: "High", requiresApproval: true },
      ...current({ state: "Completed" }),
    },
    audit: { action: "environment.dry-run", actor: RECONCILER },
    metric: eventCounter("environment.dry-run"),
  },
};

/** Events that only another service publishes, and the test there. */
const TESTED_ELSEWHERE: Record<string, string> = {
  "commit.detected": "services/watcher/test/watch/watcher.test.ts",
};

describe("every event of the contracts", () => {
  it("has a scenario here or a test in the service that publishes it", () => {
    const tested = [...Object.keys(SCENARIOS), ...Object.keys(TESTED_ELSEWHERE)];
    expect(tested.sort()).toEqual(allEvents.map(({ name }) => name).sort());
    for (const [event, file] of Object.entries(TESTED_ELSEWHERE)) {
      const path = new URL(`../../${file}`, import.meta.url);
      expect(existsSync(path), event).toBe(true);
      expect(readFileSync(path, "utf8")).toContain("collectDetections");
    }
  });
});

/** The sum of all series with this name and, if given, these labels. */
async function sumOf(series: string): Promise<number> {
  const [name = "", labels = ""] = series.split("{");
  const lines = (await engine.metrics()).split("\n");
  return lines
    .filter((line) => line.split(/[{ ]/, 1)[0] === name && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

function subjectsOf(environment: string, name: string): string[] {
  const event = allEvents.find((known) => known.name === name);
  if (!event) throw new Error(`There is no event ${name}.`);
  return eventSubjects(event, environment);
}

describe.each(Object.entries(SCENARIOS))("%s", (event, scenario) => {
  it("is published and changes the state document, the audit trail and a metric", async () => {
    const environment = await engine.createEnvironment();
    const subjects: string[] = [];
    const stops = ["honua", "lane"].map((root) =>
      engine.bus.observeSubject(`${root}.${environment.name}.>`, (subject) =>
        subjects.push(subject),
      ),
    );
    const isGauge =
      scenario.metric.includes("_environments_") || scenario.metric.includes("_deployments_");
    const before = isGauge ? 0 : await sumOf(scenario.metric);

    await scenario.trigger(environment);

    for (const subject of subjectsOf(environment.name, event)) {
      await eventually(`${subject} is published`, async () => subjects.includes(subject));
    }
    await eventually("the document shows it", async () => {
      expect(await environment.state()).toMatchObject(scenario.document);
      return true;
    });
    if (scenario.audit) expect(await auditEntriesOf(environment, scenario.audit)).not.toEqual([]);
    await eventually(
      `${scenario.metric} has increased`,
      async () => (await sumOf(scenario.metric)) > before,
    );
    await Promise.all(stops.map((stop) => stop()));
  });
});

describe("a deployment that a newer commit supersedes", () => {
  it("changes the state document, the audit trail and a metric, and publishes an event", async () => {
    const environment = await engine.createEnvironment();
    const older = await deployUntilApproval(environment);
    const before = await sumOf(eventCounter("deploy.failed"));
    const commit = await environment.publishCommit(metadataOf("cities", "rivers"));
    const newer = await environment.untilState(commit, "AwaitingApproval");

    const { currentDeployment, history, health } = await environment.state();
    expect({ id: currentDeployment?.id, health }).toEqual({ id: newer.id, health: "Healthy" });
    const superseded = { id: older.id, state: "Failed", reason: "Superseded" };
    expect(history).toContainEqual(expect.objectContaining(superseded));
    await eventually("the event is published", async () =>
      (await environment.events()).some(
        ({ type, data }) =>
          type.includes("deploy.failed") &&
          data.deploymentId === older.id &&
          data.reason === "Superseded",
      ),
    );
    const failures = await auditEntriesOf(environment, { action: "deployment.fail" });
    expect(failures).toMatchObject([{ target: older.id, detail: { reason: "Superseded" } }]);
    expect(await sumOf(eventCounter("deploy.failed"))).toBeGreaterThan(before);
  });
});
