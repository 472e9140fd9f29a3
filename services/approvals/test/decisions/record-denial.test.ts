import { recordDeniedDecision } from "@honua/contracts";
import { type Bus, connectBus, createLog, type HttpService, hashToken } from "@honua/service-kit";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createApprovalsService } from "../../src/service.ts";
import { approvalsSettings } from "../../src/settings.ts";

const log = createLog({ service: "test", instance: "test", level: "silent" });
let nats: RunningNats;
let approvals: HttpService;
let peer: Bus;
let own: Bus;
let recorded: unknown[] = [];

const join = (service: string) =>
  connectBus({ url: nats.url, service, instance: "test", log, onClosed: () => undefined });

beforeAll(async () => {
  nats = await startNats();
  [peer, own] = await Promise.all([join("state"), join("approvals")]);
  peer.serve(recordDeniedDecision, async (request) => {
    recorded.push(request);
    return {};
  });
  const settings = approvalsSettings.parse({
    PORT: 0,
    HOST: "127.0.0.1",
    GitOps: {
      Tokens: [
        { Subject: "vera@example.com", Sha256: hashToken("token-of-vera"), Roles: ["viewer"] },
        { Subject: "ana@example.com", Sha256: hashToken("token-of-ana"), Roles: ["approver"] },
      ],
    },
  });
  approvals = createApprovalsService({ settings, log, connectBus: async () => own });
  await approvals.start();
});
beforeEach(() => {
  recorded = [];
});
afterAll(async () => {
  await approvals?.stop();
  await Promise.all([peer?.close(), own?.close()]);
  await nats?.stop();
});

async function attempt(verb: string, token: string, body: object) {
  const url = `http://127.0.0.1:${approvals.port()}/api/gitops/approvals/a-deployment/${verb}`;
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return response.status;
}

test("records a decision without the role, and one on behalf of another", async () => {
  expect(await attempt("approve", "token-of-vera", {})).toBe(403);
  expect(await attempt("reject", "token-of-ana", { approver: "bo", reason: "no" })).toBe(403);
  expect(recorded).toMatchObject([
    {
      deploymentId: "a-deployment",
      subject: "vera@example.com",
      recordedBy: "vera@example.com",
      choice: "approved",
      message: expect.stringContaining("lacks the role"),
    },
    { subject: "bo", recordedBy: "ana@example.com", choice: "rejected" },
  ]);
});

test("records neither an unknown token nor an invalid body", async () => {
  expect(await attempt("approve", "unknown-token", {})).toBe(401);
  expect(await attempt("reject", "token-of-ana", {})).toBe(400);
  expect(recorded).toEqual([]);
});
