import { chmod, chown, link, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Deployment, getDeployment, recordDecision } from "@honua/contracts";
import {
  type Bus,
  connectBus,
  createLog,
  type HttpService,
  TransientError,
} from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ApprovalFileWatcher,
  type ApprovalFileWatcherDeps,
} from "../../src/approval-files/approval-file-watcher.ts";
import { createApprovalsService } from "../../src/service.ts";
import { approvalsSettings } from "../../src/settings.ts";
import { DIGEST, waiting } from "../waiting-deployment.ts";

/** The approval file exactly as in the runbook. */
const FILE = {
  deploymentId: waiting.id,
  environment: "production",
  state: "Approved",
  responder: "ops-team@example.com",
  respondedAt: "2026-03-01T09:35:00Z",
};
const NAME = `${waiting.id}.json`;
const me = userInfo();
const isRoot = me.uid === 0;

let nats: RunningNats;
let peer: Bus;
let own: Bus;
let directory: string;
let files: ApprovalFileWatcher | undefined;
let deployment: Deployment;
let recorded: { decision: { subject: string } }[];
let logged: string[];
let isStateDown: boolean;
const silent = createLog({ service: "test", instance: "test", level: "silent" });
const log = { ...silent, warn: (_data: object, text: string) => void logged.push(text) } as never;
const joinBus = (service: string) =>
  connectBus({ url: nats.url, service, instance: "test", log: silent, onClosed: () => undefined });

beforeAll(async () => {
  nats = await startNats();
  [peer, own] = await Promise.all([joinBus("state"), joinBus("approvals")]);
  peer.serve(getDeployment, async () => {
    if (isStateDown) throw new TransientError("unavailable", "the database cannot be reached");
    return deployment;
  });
  peer.serve(recordDecision, async (request) => {
    recorded.push(request);
    const decision = { ...request.decision, at: "2026-03-01T10:00:00.000Z" };
    deployment = { ...deployment, decisions: [...deployment.decisions, decision] };
    return deployment;
  });
});
afterAll(async () => {
  await Promise.all([peer?.close(), own?.close()]);
  await nats?.stop();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "approvals-"));
  deployment = waiting;
  recorded = [];
  logged = [];
  isStateDown = false;
});
afterEach(async () => {
  await files?.stop();
  files = undefined;
  await rm(directory, { recursive: true });
});

async function watch(owners: ApprovalFileWatcherDeps["owners"] = {}) {
  const teamsOf = (subject: string) => [`team of ${subject}`];
  files = new ApprovalFileWatcher({ directory, owners, teamsOf, bus: own, intervalMs: 10, log });
  await files.start();
}

/** Writes a draft and moves it into place, as in the runbook. */
async function put(document: object | string, name = NAME) {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  const draft = join(directory, `.${name}.draft`);
  await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, join(directory, name));
}
const logs = (words: string) =>
  eventually(`the log contains: ${words}`, () => logged.some((text) => text.includes(words)));
const isRecorded = (count: number) =>
  eventually(`${count} decisions are recorded`, () => recorded.length === count);

describe("the approval file of the runbook", () => {
  test("counts as the decision of its owner, not of its responder, and stays unchanged", async () => {
    await watch();
    await put(FILE);
    await isRecorded(1);
    expect(recorded).toMatchObject([
      {
        deploymentId: waiting.id,
        decision: {
          outcome: "approved",
          subject: me.username,
          recordedBy: me.username,
          method: "file",
          teams: [`team of ${me.username}`],
          planDigest: DIGEST,
          reason: "(responder of the file: ops-team@example.com)",
        },
      },
    ]);
    expect(JSON.parse(await readFile(join(directory, NAME), "utf8"))).toEqual(FILE);
  });

  test("rejects with a reason", async () => {
    await watch();
    await put({ deploymentId: waiting.id, state: "Rejected", reason: "not on a Friday" });
    await isRecorded(1);
    expect(recorded).toMatchObject([
      { decision: { outcome: "rejected", reason: "not on a Friday" } },
    ]);
  });

  test("uses the subject that the settings give its owner", async () => {
    await watch({ [me.username]: { Subject: "ana@example.com", Emails: ["ana@home.example"] } });
    await put(FILE);
    await isRecorded(1);
    expect(recorded).toMatchObject([
      {
        decision: { subject: "ana@example.com" },
        identities: [me.username, "ana@home.example"],
      },
    ]);
  });

  test("counts once, even if another process reads it", async () => {
    await watch();
    await put(FILE);
    await isRecorded(1);
    await files?.stop();
    await watch();
    await put("no JSON", "later.json");
    await logs("later.json is not accepted");
    expect(recorded).toHaveLength(1);
    expect(logged).toHaveLength(1);
  });

  test("is retried while state is unavailable, and logged once", async () => {
    isStateDown = true;
    await put(FILE);
    await watch();
    await logs("waits: the database cannot be reached");
    isStateDown = false;
    await isRecorded(1);
    expect(logged).toHaveLength(1);
  });

  test.runIf(isRoot)("counts once per owner", async () => {
    const bo = { Subject: "bo@example.com", Emails: [] };
    await watch({ "54321": bo });
    await put(FILE);
    await isRecorded(1);
    await writeFile(join(directory, ".of-bo"), JSON.stringify(FILE), { mode: 0o644 });
    await chown(join(directory, ".of-bo"), 54_321, 54_321);
    await rename(join(directory, ".of-bo"), join(directory, NAME));
    await isRecorded(2);
    expect(recorded.map(({ decision }) => decision.subject)).toEqual([me.username, bo.Subject]);
  });
});

describe("a refused approval file is logged and left unchanged", () => {
  test.each<[string, object | string, string]>([
    ["invalid JSON", "{ state: Approved", "not valid JSON"],
    ["an unknown state", { ...FILE, state: "approved" }, "state"],
    ["a missing deploymentId", { state: "Approved" }, "deploymentId"],
    ["the id of another deployment", { ...FILE, deploymentId: "production-2" }, "must be named"],
    ["the wrong environment", { ...FILE, environment: "staging" }, "not of 'staging'"],
    ["a file above the size limit", { ...FILE, reason: "x".repeat(70_000) }, "larger than"],
  ])("%s", async (_what, document, words) => {
    await watch();
    await put(document);
    await logs(words);
    const text = typeof document === "string" ? document : JSON.stringify(document);
    expect(await readFile(join(directory, NAME), "utf8")).toBe(text);
    await put("{}", "z-later.json");
    await logs("z-later.json");
    expect(logged.filter((line) => line.includes(NAME))).toHaveLength(1);
    expect(recorded).toEqual([]);
    await put(FILE);
    await isRecorded(1);
  });

  test("a file that other users can write", async () => {
    await put(FILE);
    await chmod(join(directory, NAME), 0o666);
    await watch();
    await logs("other users can write it");
    expect(recorded).toEqual([]);
    await chmod(join(directory, NAME), 0o644);
    await isRecorded(1);
  });

  test("a hard link to another file", async () => {
    await writeFile(join(directory, "of-another-user"), JSON.stringify(FILE));
    await link(join(directory, "of-another-user"), join(directory, NAME));
    await watch();
    await logs("it is a link");
    expect(recorded).toEqual([]);
  });

  test("a file older than the request for approval", async () => {
    const [requested] = waiting.stateHistory;
    deployment = {
      ...waiting,
      stateHistory: requested ? [{ ...requested, at: "2999-01-01T00:00:00.000Z" }] : [],
    };
    await put(FILE);
    await watch();
    await logs("write it again");
    expect(recorded).toEqual([]);
  });

  test("a deployment that does not await approval", async () => {
    deployment = { ...waiting, state: "Completed" };
    await put(FILE);
    await watch();
    await logs("not awaiting approval: it is Completed");
  });

  test.runIf(isRoot)("a file whose owner has no login name", async () => {
    await put(FILE);
    await chown(join(directory, NAME), 54_321, 54_321);
    await watch();
    await logs("user 54321, who has no login name");
    expect(recorded).toEqual([]);
  });
});

test("ignores a directory that anybody can write, and logs why", async () => {
  await chmod(directory, 0o777);
  await put(FILE);
  await watch();
  await logs("can be written by anybody");
  expect(files?.fault()).toContain("chmod o-w");
  expect(recorded).toEqual([]);
  await chmod(directory, 0o700);
  await isRecorded(1);
  expect(files?.fault()).toBeUndefined();
});

describe("the service", () => {
  let approvals: HttpService;
  const serve = async (GitOps: object) => {
    const settings = approvalsSettings.parse({ PORT: 0, HOST: "127.0.0.1", GitOps });
    approvals = createApprovalsService({ settings, log: silent, connectBus: async () => own });
    await approvals.start();
    const response = await fetch(`http://127.0.0.1:${approvals.port()}/health/ready`);
    return (await response.json()) as { checks: Record<string, object> };
  };
  afterEach(() => approvals?.stop());

  test("reads approval files only from the configured directory", async () => {
    const { checks } = await serve({});
    expect(Object.keys(checks)).toEqual(["messageBus"]);
    await approvals.stop();
    await put(FILE);
    expect(await serve({ ApprovalDirectory: directory })).toMatchObject({
      checks: { approvalFiles: { status: "Healthy" } },
    });
    await isRecorded(1);
  });

  test("is degraded, but ready, if the directory cannot be read", async () => {
    await serve({ ApprovalDirectory: join(directory, "missing") });
    const ready = await eventually("readiness shows the fault", async () => {
      const response = await fetch(`http://127.0.0.1:${approvals.port()}/health/ready`);
      const { checks } = (await response.json()) as { checks: Record<string, { status: string }> };
      return checks.approvalFiles?.status === "Degraded" && { checks, status: response.status };
    });
    expect(ready).toMatchObject({
      status: 200,
      checks: { approvalFiles: { reason: expect.stringContaining("ENOENT") } },
    });
  });
});
