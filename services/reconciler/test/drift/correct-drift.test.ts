import { describe, expect, it } from "vitest";
import { observe } from "../../src/drift/correct-drift.ts";
import { gateway, SHA } from "../fixtures.ts";

const RELEASE = SHA("b");
const serving = gateway({ observedRelease: RELEASE });

describe("what is observed of the gateways", () => {
  it("is healthy when every gateway serves the release with sound collections", () => {
    expect(observe([serving], RELEASE)).toMatchObject({ health: "Healthy", syncStatus: "Synced" });
  });

  it("is unhealthy without any gateway", () => {
    expect(observe([], RELEASE)).toMatchObject({ health: "Unhealthy" });
  });

  it("is out of sync when one gateway fell behind, and names it", () => {
    const behind = gateway({ instance: "gateway-2", observedRelease: SHA("0") });
    expect(observe([serving, behind], RELEASE)).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
      message: expect.stringContaining("gateway-2"),
    });
  });

  it("is degraded when a table changed under a live layer", () => {
    const collections = [
      { collection: "roads", status: "Unhealthy" as const, message: "no column geom" },
    ];
    const broken = gateway({ observedRelease: RELEASE, collections });
    expect(observe([broken], RELEASE)).toMatchObject({
      health: "Degraded",
      syncStatus: "Synced",
      message: "roads on gateway-1: no column geom",
    });
  });
});
