import type { GatewayStatus } from "@honua/contracts";
import { sequenceCursor } from "@honua/contracts";
import { describe, expect, test } from "vitest";
import { asDatabaseError } from "../../src/database/database-error.ts";
import { deploymentId } from "../../src/deployments/deployment-id.ts";
import { workingTimeMs } from "../../src/deployments/working-time.ts";
import { gitopsHealth } from "../../src/health/gitops-health.ts";
import { decodeCursor, encodeCursor } from "../../src/http/page-cursor.ts";

test("an id says environment, time in UTC and commit, and a number when it is taken", () => {
  const at = new Date("2026-03-01T23:05:09.876+02:00");
  const commit = "abcdef1234".padEnd(40, "0");
  expect(deploymentId("eu-west", at, commit, 1)).toBe("eu-west-20260301-210509-abcdef1");
  expect(deploymentId("eu-west", at, commit, 2)).toBe("eu-west-20260301-210509-abcdef1-2");
});

test("working time leaves out waiting for a window and for people", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 9, 0, second)).toISOString();
  const step = (from: string | null, to: string, second: number) =>
    ({ from, to, at: at(second), actor: "a", message: "" }) as never;
  const history = [
    step(null, "Pending", 0),
    step("Pending", "Validating", 10),
    step("Validating", "AwaitingApproval", 12),
    step("AwaitingApproval", "Applying", 50),
    step("Applying", "Completed", 53),
  ];
  expect(workingTimeMs(history)).toBe(5_000);
});

test("a cursor survives the way to a client and back; anything else is refused", () => {
  expect(decodeCursor(encodeCursor("1234"), sequenceCursor)).toBe("1234");
  for (const wrong of ["", "abc", encodeCursor("-1"), encodeCursor("1 or 1=1")]) {
    expect(() => decodeCursor(wrong, sequenceCursor)).toThrowError(/'next'/);
  }
});

test.each([
  [{ code: "ECONNREFUSED" }, true],
  [{ code: "57P01" }, true],
  [new Error("Connection terminated unexpectedly"), true],
  [new AggregateError([{ code: "ECONNREFUSED" }, { code: "ECONNREFUSED" }]), true],
  [{ code: "23505" }, false],
  [new Error("something else"), false],
])("database error %#", (error, passes) => {
  const mapped = asDatabaseError(error);
  if (passes) expect(mapped).toMatchObject({ code: "unavailable", kind: "transient" });
  else expect(mapped).toBe(error);
});

test.each(["22021", "22P05"])("a NUL character (%s) is the fault of the request", (code) => {
  const mapped = asDatabaseError(Object.assign(new Error("invalid byte sequence"), { code }));
  expect(mapped).toMatchObject({ code: "invalid-request", kind: "permanent" });
});

describe("the health of the whole", () => {
  const gateway: GatewayStatus = {
    environment: "production",
    instance: "one",
    url: "http://127.0.0.1:5000",
    observedRelease: null,
    activationError: null,
    collections: [],
    at: "2026-03-01T09:00:00.000Z",
  };
  const source = {
    environment: "production",
    repository: "https://example.com/config.git",
    branch: "main",
    status: "Healthy" as const,
    reason: null,
    code: null,
    commit: null,
    lastPoll: null,
    nextPoll: "2026-03-01T09:00:30.000Z",
  };
  const channel = {
    name: "ops",
    type: "slack",
    status: "Healthy" as const,
    waiting: 0,
    reason: null,
    lastSentAt: null,
  };
  const well = {
    store: true,
    bus: true,
    sources: [source, { ...source, nextPoll: "2026-03-01T09:00:20.000Z" }],
    channels: [channel],
    gateways: [gateway],
    blockedEnvironments: [],
    liveEnvironments: ["production"],
    lastReconciliation: new Date("2026-03-01T08:00:00.000Z"),
  };

  test("is Healthy when every part is", () => {
    expect(gitopsHealth(well)).toEqual({
      status: "Healthy",
      components: {
        GitWatcher: "Healthy",
        GitRepository: "Healthy",
        DeploymentStateStore: "Healthy",
        Notifications: "Healthy",
        Gateways: "Healthy",
        MessageBus: "Healthy",
        Approvals: "Healthy",
        Lanes: "Healthy",
      },
      lastReconciliation: "2026-03-01T08:00:00.000Z",
      nextPoll: "2026-03-01T09:00:20.000Z",
    });
  });

  test.each([
    ["the watcher is away", { sources: undefined }, "GitWatcher", "Unhealthy"],
    [
      "the watcher has stopped polling",
      { sources: [source, { ...source, status: "Unhealthy" as const, code: "poll-overdue" }] },
      "GitWatcher",
      "Unhealthy",
    ],
    [
      "Git cannot be read",
      { sources: [source, { ...source, status: "Degraded" as const }] },
      "GitRepository",
      "Degraded",
    ],
    ["a live environment has no gateway", { gateways: [] }, "Gateways", "Unhealthy"],
    [
      "a collection fails",
      {
        gateways: [
          { ...gateway, collections: [{ collection: "roads", status: "Unhealthy" as const }] },
        ],
      },
      "Gateways",
      "Degraded",
    ],
    [
      "people are not told",
      { channels: [channel, { ...channel, status: "Degraded" as const }] },
      "Notifications",
      "Degraded",
    ],
    ["a message was given up", { blockedEnvironments: ["production"] }, "Lanes", "Degraded"],
    ["the database is away", { store: false }, "DeploymentStateStore", "Unhealthy"],
    ["nobody can decide", { channels: undefined }, "Approvals", "Unhealthy"],
  ])("shows that %s", (_what, difference, component, expected) => {
    const health = gitopsHealth({ ...well, ...difference });
    expect(health.components[component]).toBe(expected);
    expect(health.status).toBe(expected);
  });

  test("says why a part is not Healthy", () => {
    const { reasons } = gitopsHealth({
      ...well,
      channels: undefined,
      sources: [{ ...source, status: "Unhealthy", reason: "the host cannot be found" }],
      gateways: [
        {
          ...gateway,
          collections: [{ collection: "roads", status: "Unhealthy", message: "no such table" }],
        },
      ],
      liveEnvironments: ["production", "staging"],
    });
    expect(reasons).toEqual({
      GitRepository: "production: the host cannot be found",
      Gateways: `no gateway of staging reports to the message bus; ${gateway.instance}: roads: no such table`,
      Approvals: "the approvals service does not answer",
    });
  });
});
