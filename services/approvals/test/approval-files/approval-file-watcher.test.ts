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
  type ApprovalDirectory,
  createApprovalDirectory,
} from "../../src/approval-files/approval-file-watcher.ts";
import { createApprovalsService } from "../../src/service.ts";
import { approvalsSettings } from "../../src/settings.ts";
import { DIGEST, waiting } from "../waiting-deployment.ts";

/** The file of the runbook, as it is written there. */
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
let files: ApprovalDirectory | undefined;
let deployment: Deployment;
let recorded: { decision: { subject: string } }[];
let told: string[];
let isAway: boolean;
const silent = createLog({ service: "test", instance: "test", level: "silent" });
const log = { ...silent, warn: (_data: object, text: string) => void told.push(text) } as never;
const joinBus = (service: string) =>
  connectBus({ url: nats.url, service, instance: "test", log: silent, onClosed: () => undefined });

beforeAll(async () => {
  nats = await startNats();
  [peer, own] = await Promise.all([joinBus("state"), joinBus("approvals")]);
  peer.serve(getDeployment, async () => {
    if (isAway) throw new TransientError("unavailable", "the database is away");
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
  told = [];
  isAway = false;
});
afterEach(async () => {
  await files?.stop();
  files = undefined;
  await rm(directory, { recursive: true });
});

async function watch(owners: Parameters<typeof createApprovalDirectory>[0]["owners"] = {}) {
  const teamsOf = (subject: string) => [`team of ${subject}`];
  files = createApprovalDirectory({ directory, owners, teamsOf, bus: own, intervalMs: 10, log });
  await files.start();
}

/** As the runbook has it: written elsewhere, then moved into its place. */
async function put(document: object | string, name = NAME) {
  const text = typeof document === "string" ? document : JSON.stringify(document);
  const draft = join(directory, `.${name}.draft`);
  await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, join(directory, name));
}
const tellsOf = (words: string) =>
  eventually(`it is told: ${words}`, () => told.some((text) => text.includes(words)));
const isRecorded = (count: number) =>
  eventually(`${count} decisions are recorded`, () => recorded.length === count);

describe("the approval file of the runbook", () => {
  test("is the decision of its owner, whoever it says has responded, and is left", async () => {
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

  test("may reject, with a reason", async () => {
    await watch();
    await put({ deploymentId: waiting.id, state: "Rejected", reason: "not on a Friday" });
    await isRecorded(1);
    expect(recorded).toMatchObject([
      { decision: { outcome: "rejected", reason: "not on a Friday" } },
    ]);
  });

  test("is of the person whom configuration knows the owner as", async () => {
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

  test("counts once, also for the next process that reads it", async () => {
    await watch();
    await put(FILE);
    await isRecorded(1);
    await files?.stop();
    await watch();
    await put("no JSON", "later.json");
    await tellsOf("later.json is not accepted");
    expect(recorded).toHaveLength(1);
    expect(told).toHaveLength(1);
  });

  test("waits for state, and is told of once", async () => {
    isAway = true;
    await put(FILE);
    await watch();
    await tellsOf("waits: the database is away");
    isAway = false;
    await isRecorded(1);
    expect(told).toHaveLength(1);
  });

  test.runIf(isRoot)("of each owner is a decision of its own", async () => {
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

describe("reported, and left as it is", () => {
  test.each<[string, object | string, string]>([
    ["what is no JSON", "{ state: Approved", "no JSON"],
    ["another state", { ...FILE, state: "approved" }, "state"],
    ["no deployment", { state: "Approved" }, "deploymentId"],
    ["another deployment", { ...FILE, deploymentId: "production-2" }, "named after"],
    ["another environment", { ...FILE, environment: "staging" }, "not of 'staging'"],
    ["too much", { ...FILE, reason: "x".repeat(70_000) }, "larger than"],
  ])("%s", async (_what, document, words) => {
    await watch();
    await put(document);
    await tellsOf(words);
    const text = typeof document === "string" ? document : JSON.stringify(document);
    expect(await readFile(join(directory, NAME), "utf8")).toBe(text);
    await put("{}", "z-later.json");
    await tellsOf("z-later.json");
    expect(told.filter((line) => line.includes(NAME))).toHaveLength(1);
    expect(recorded).toEqual([]);
    await put(FILE);
    await isRecorded(1);
  });

  test("what others may write", async () => {
    await put(FILE);
    await chmod(join(directory, NAME), 0o666);
    await watch();
    await tellsOf("others may write it");
    expect(recorded).toEqual([]);
    await chmod(join(directory, NAME), 0o644);
    await isRecorded(1);
  });

  test("a link to somebody's file", async () => {
    await writeFile(join(directory, "of-somebody"), JSON.stringify(FILE));
    await link(join(directory, "of-somebody"), join(directory, NAME));
    await watch();
    await tellsOf("but a link");
    expect(recorded).toEqual([]);
  });

  test("what was written before anybody was asked", async () => {
    const [asked] = waiting.stateHistory;
    deployment = {
      ...waiting,
      stateHistory: asked ? [{ ...asked, at: "2999-01-01T00:00:00.000Z" }] : [],
    };
    await put(FILE);
    await watch();
    await tellsOf("write it again");
    expect(recorded).toEqual([]);
  });

  test("what does not await approval", async () => {
    deployment = { ...waiting, state: "Completed" };
    await put(FILE);
    await watch();
    await tellsOf("not awaiting approval: it is Completed");
  });

  test.runIf(isRoot)("what belongs to nobody of this machine", async () => {
    await put(FILE);
    await chown(join(directory, NAME), 54_321, 54_321);
    await watch();
    await tellsOf("user 54321, who has no name here");
    expect(recorded).toEqual([]);
  });
});

test("nothing is taken from a directory that anybody may write, and that is told", async () => {
  await chmod(directory, 0o777);
  await put(FILE);
  await watch();
  await tellsOf("can be written by anybody");
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

  test("takes files only where it was told to", async () => {
    const { checks } = await serve({});
    expect(Object.keys(checks)).toEqual(["messageBus"]);
    await approvals.stop();
    await put(FILE);
    expect(await serve({ ApprovalDirectory: directory })).toMatchObject({
      checks: { approvalFiles: { status: "Healthy" } },
    });
    await isRecorded(1);
  });

  test("says in its health why it takes none, and works without", async () => {
    await serve({ ApprovalDirectory: join(directory, "missing") });
    const ready = await eventually("the fault shows", async () => {
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
