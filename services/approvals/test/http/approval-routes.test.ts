import { getDeployment, listAwaitingApproval, recordDecision } from "@honua/contracts";
import {
  type Bus,
  connectBus,
  createLog,
  createTokenVerifier,
  type HttpService,
  hashToken,
  PermanentError,
  type Stop,
} from "@honua/service-kit";
import { type IdentityProvider, startIdentityProvider } from "@honua/testing/identity-provider";
import { type RunningNats, startNats } from "@honua/testing/nats";
import {
  askDescribed,
  createOpenapiContract,
  operationsOf,
  routesOf,
} from "@honua/testing/openapi-contract";
import type { Express } from "express";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { approvalRoutes } from "../../src/http/approval-routes.ts";
import { openapiDocument } from "../../src/http/openapi.ts";
import { createApprovalsService } from "../../src/service.ts";
import { approvalsSettings } from "../../src/settings.ts";
import { DIGEST, waiting } from "../waiting-deployment.ts";

/** Every response must match the OpenAPI document of the service. */
const contract = createOpenapiContract(openapiDocument());
const log = createLog({ service: "test", instance: "test", level: "silent" });
const TOKENS = {
  vera: "viewer-token-of-vera",
  ana: "approver-token-of-ana",
  box: "delegate-token",
};

const people = {
  dora: { email: "dora@example.com", groups: ["gis-ops"] },
  eve: { email: "eve@example.com", groups: ["guests"] },
};

let nats: RunningNats;
let provider: IdentityProvider;
let approvals: HttpService;
let peer: Bus;
let own: Bus;
let serving: Stop[] = [];
/** The decisions that state was asked to record. */
let recorded: unknown[] = [];
let refusal: PermanentError | undefined;

const join = (service: string) =>
  connectBus({ url: nats.url, service, instance: service, log, onClosed: () => undefined });

/** Stands in for state on the bus. */
function serveState(): Stop[] {
  return [
    peer.serve(listAwaitingApproval, async ({ environment, limit, cursor }) => ({
      deployments: environment === undefined || environment === "production" ? [waiting] : [],
      next: limit === 1 && cursor === undefined ? "17" : null,
    })),
    peer.serve(getDeployment, async ({ deploymentId }) => {
      if (deploymentId === waiting.id) return waiting;
      throw new PermanentError("not-found", `there is no deployment '${deploymentId}'`);
    }),
    peer.serve(recordDecision, async (request) => {
      if (refusal) throw refusal;
      recorded.push(request);
      const at = "2026-03-01T10:00:00.000Z";
      return { ...waiting, decisions: [{ ...request.decision, at }] };
    }),
  ];
}

beforeAll(async () => {
  [nats, provider] = await Promise.all([startNats(), startIdentityProvider(people)]);
  peer = await join("state");
  const token = (Subject: string, secret: string, Roles: string[], Delegate = false) => ({
    Subject,
    Sha256: hashToken(secret),
    Roles,
    Delegate,
  });
  approvals = createApprovalsService({
    settings: approvalsSettings.parse({
      PORT: 0,
      HOST: "127.0.0.1",
      GitOps: {
        Tokens: [
          token("vera@example.com", TOKENS.vera, ["viewer"]),
          token("ana@example.com", TOKENS.ana, ["approver"]),
          token("console", TOKENS.box, ["approver"], true),
        ],
        Oidc: {
          Issuer: provider.issuer,
          Audience: "honua",
          SubjectClaim: "email",
          Roles: { "gis-ops": "approver" },
        },
        Teams: { databases: ["Ana@example.com", "group:gis-ops"], leads: "ops-team@example.com" },
      },
    }),
    log,
    connectBus: async () => {
      own = await join("approvals");
      return own;
    },
  });
  await approvals.start();
});

beforeEach(() => {
  recorded = [];
  refusal = undefined;
  serving = serveState();
});
afterEach(async () => {
  await Promise.all(serving.splice(0).map((stop) => stop()));
});
afterAll(async () => {
  await approvals?.stop();
  await Promise.all([peer?.close(), own?.close()]);
  await Promise.all([nats?.stop(), provider?.stop()]);
});

async function ask(path: string, token?: string, body?: string) {
  return askDescribed(contract, `http://127.0.0.1:${approvals.port()}`, path, {
    ...(body === undefined ? {} : { method: "POST", body }),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
}
const approve = (token: string | undefined, body: unknown = {}) =>
  ask(`/api/gitops/approvals/${waiting.id}/approve`, token, JSON.stringify(body));
const reject = (token: string, body: unknown) =>
  ask(`/api/gitops/approvals/${waiting.id}/reject`, token, JSON.stringify(body));

test("the OpenAPI document describes every route and no other", () => {
  const bus = () => own;
  const served = routesOf<Express>((app) =>
    app.use(
      "/api/gitops/approvals",
      approvalRoutes({ bus, tokens: createTokenVerifier({ Tokens: [] }), teamsOf: () => [], log }),
    ),
  );
  const common = ["GET /api/openapi.json", "GET /health/live", "GET /health/ready", "GET /metrics"];
  expect([...served, ...common].sort()).toEqual(operationsOf(openapiDocument()));
});

describe("reading approvals", () => {
  test("lists pending approvals with their plans, filtered by environment", async () => {
    const all = await ask("/api/gitops/approvals/pending", TOKENS.vera);
    expect(all).toMatchObject({
      status: 200,
      answer: {
        items: [
          {
            deploymentId: waiting.id,
            author: "Bo <bo@example.com>",
            riskLevel: "Critical",
            planDigest: DIGEST,
            requestedAt: "2026-03-01T09:00:02.000Z",
            progress: { required: 1, given: 0, approvedBy: [] },
          },
        ],
        next: null,
      },
    });
    const none = await ask("/api/gitops/approvals/pending?environment=staging", TOKENS.vera);
    expect(none.answer).toEqual({ items: [], next: null });
    const paged = await ask("/api/gitops/approvals/pending?limit=1", TOKENS.vera);
    expect(paged.answer).toMatchObject({ items: [{ deploymentId: waiting.id }], next: "17" });
    const last = await ask("/api/gitops/approvals/pending?limit=1&cursor=17", TOKENS.vera);
    expect(last.answer.next).toBeNull();
    expect((await ask("/api/gitops/approvals/pending?cursor=x", TOKENS.vera)).status).toBe(400);
    const odd = await ask("/api/gitops/approvals/pending?env=staging", TOKENS.vera);
    expect(odd).toMatchObject({ status: 400, type: expect.stringContaining("problem+json") });
  });

  test("returns the approval of a deployment, and 404 for an unknown one", async () => {
    const one = await ask(`/api/gitops/approvals/${waiting.id}`, TOKENS.vera);
    expect(one).toMatchObject({ status: 200, answer: { state: "AwaitingApproval" } });
    const none = await ask("/api/gitops/approvals/nothing", TOKENS.vera);
    expect(none).toMatchObject({ status: 404, answer: { code: "not-found" } });
  });

  test("serves its OpenAPI document without a token", async () => {
    const { status, answer } = await ask("/api/openapi.json");
    expect(status).toBe(200);
    expect(Object.keys(answer.paths as object)).toContain(
      "/api/gitops/approvals/{deploymentId}/approve",
    );
  });
});

describe("decisions", () => {
  test("records an approval by the subject of the token, bound to the given plan", async () => {
    const result = await approve(TOKENS.ana, { planDigest: DIGEST, reason: "looks right" });
    expect(result).toMatchObject({ status: 200, answer: { decisions: [{ outcome: "approved" }] } });
    expect(recorded).toEqual([
      {
        deploymentId: waiting.id,
        decision: {
          outcome: "approved",
          subject: "ana@example.com",
          recordedBy: "ana@example.com",
          method: "token",
          teams: ["databases"],
          reason: "looks right",
          planDigest: DIGEST,
        },
        identities: [],
      },
    ]);
  });

  test("uses the current plan if the body has no digest", async () => {
    await approve(TOKENS.ana);
    expect(recorded).toMatchObject([{ decision: { planDigest: DIGEST } }]);
  });

  test("records both subjects if a delegate decides on behalf of another", async () => {
    await approve(TOKENS.box, { approver: "ops-team@example.com" });
    expect(recorded).toMatchObject([
      { decision: { subject: "ops-team@example.com", recordedBy: "console", teams: ["leads"] } },
    ]);
  });

  test("accepts a token of the identity provider and maps its groups to teams", async () => {
    expect(await approve(await provider.tokenFor("dora"))).toMatchObject({ status: 200 });
    expect(recorded).toMatchObject([
      {
        decision: {
          subject: "dora@example.com",
          method: "oidc",
          teams: ["gis-ops", "databases"],
        },
        identities: ["dora", "dora@example.com"],
      },
    ]);
  });

  test("records the reason of a rejection", async () => {
    expect(await reject(TOKENS.ana, { reason: "not today" })).toMatchObject({ status: 200 });
    expect(recorded).toMatchObject([{ decision: { outcome: "rejected", reason: "not today" } }]);
  });

  test("maps each refusal of state to a status and keeps its message", async () => {
    refusal = new PermanentError("not-awaiting-approval", "it is Completed");
    expect(await approve(TOKENS.ana)).toMatchObject({
      status: 409,
      answer: { code: "not-awaiting-approval", detail: "it is Completed" },
    });
    for (const [code, status] of [
      ["plan-changed", 409],
      ["already-decided", 409],
      ["not-an-approver", 403],
      ["excluded-approver", 403],
      ["reason-required", 400],
    ] as const) {
      refusal = new PermanentError(code, "the reason of state");
      expect(await approve(TOKENS.ana, { planDigest: DIGEST })).toMatchObject({
        status,
        answer: { code, detail: "the reason of state" },
      });
    }
  });
});

describe("refusals", () => {
  test("returns 401 without a token or with an unknown token", async () => {
    expect(await approve(undefined)).toMatchObject({ status: 401 });
    expect(await approve("an-unknown-token")).toMatchObject({ status: 401 });
    expect((await ask("/api/gitops/approvals/pending")).status).toBe(401);
  });

  test("returns 401 for a token issued for another audience", async () => {
    expect(await approve(await provider.tokenFor("dora", "mail"))).toMatchObject({
      status: 401,
      answer: { detail: expect.stringContaining("'aud'") },
    });
  });

  test("returns 403 for a token without a group that has a role", async () => {
    const eve = await provider.tokenFor("eve");
    expect(await approve(eve)).toMatchObject({ status: 403 });
    expect(await ask("/api/gitops/approvals/pending", eve)).toMatchObject({ status: 403 });
  });

  test("returns 403 for a viewer, and for another approver without the right to delegate", async () => {
    expect(await approve(TOKENS.vera)).toMatchObject({ status: 403 });
    expect(await approve(TOKENS.ana, { approver: "bo@example.com" })).toMatchObject({
      status: 403,
      answer: { code: "not-delegate" },
    });
    expect(recorded).toEqual([]);
  });

  test.each([
    ["an unknown key", '{"planDigst":"x"}', 400],
    ["an invalid digest", '{"planDigest":"x"}', 400],
    ["broken JSON", '{"reason":', 400],
    ["a body that is not an object", "[1]", 400],
    ["a body above 64 kB", JSON.stringify({ reason: "x".repeat(70_000) }), 413],
  ])("refuses %s", async (_what, body, status) => {
    const path = `/api/gitops/approvals/${waiting.id}/approve`;
    const result = await ask(path, TOKENS.ana, body);
    expect(result).toMatchObject({ status, type: expect.stringContaining("problem+json") });
    expect(recorded).toEqual([]);
  });

  test("returns 400 for a rejection without a reason", async () => {
    expect(await reject(TOKENS.ana, {})).toMatchObject({ status: 400 });
  });

  test("returns 503 and approves nothing while state does not respond", async () => {
    await Promise.all(serving.splice(0).map((stop) => stop()));
    expect(await approve(TOKENS.ana, { planDigest: DIGEST })).toMatchObject({
      status: 503,
      answer: { code: "unavailable" },
    });
  });
});
