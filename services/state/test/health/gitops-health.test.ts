import type { GatewayStatus } from "@honua/contracts";
import { describe, expect, test } from "vitest";
import { gitopsHealth } from "../../src/health/gitops-health.ts";

describe("the system health", () => {
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
  const healthy = {
    store: true,
    bus: true,
    sources: [source, { ...source, nextPoll: "2026-03-01T09:00:20.000Z" }],
    channels: [channel],
    gateways: [gateway],
    blockedEnvironments: [],
    liveEnvironments: ["production"],
    lastReconciliation: new Date("2026-03-01T08:00:00.000Z"),
  };

  test("is Healthy if every component is", () => {
    expect(gitopsHealth(healthy)).toEqual({
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
    ["the watcher is unavailable", { sources: undefined }, "GitWatcher", "Unhealthy"],
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
      "notifications fail",
      { channels: [channel, { ...channel, status: "Degraded" as const }] },
      "Notifications",
      "Degraded",
    ],
    [
      "an environment is blocked by a dead letter",
      { blockedEnvironments: ["production"] },
      "Lanes",
      "Degraded",
    ],
    ["the database is unavailable", { store: false }, "DeploymentStateStore", "Unhealthy"],
    ["the approvals service is unavailable", { channels: undefined }, "Approvals", "Unhealthy"],
  ])("shows that %s", (_case, difference, component, expected) => {
    const health = gitopsHealth({ ...healthy, ...difference });
    expect(health.components[component]).toBe(expected);
    expect(health.status).toBe(expected);
  });

  test("gives the reason for each component that is not Healthy", () => {
    const { reasons } = gitopsHealth({
      ...healthy,
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
      Approvals: "the approvals service does not respond",
    });
  });
});
