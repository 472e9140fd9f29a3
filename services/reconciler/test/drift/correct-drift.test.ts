import { describe, expect, it } from "vitest";
import { compareWithRelease } from "../../src/drift/correct-drift.ts";
import { gateway, SHA } from "../fixtures.ts";

const RELEASE = SHA("b");
const serving = gateway({ observedRelease: RELEASE });

describe("compareWithRelease", () => {
  it("is Healthy if every gateway serves the release and its collections are healthy", () => {
    expect(compareWithRelease([serving], RELEASE)).toMatchObject({
      health: "Healthy",
      syncStatus: "Synced",
    });
  });

  it("is Unhealthy without a gateway", () => {
    expect(compareWithRelease([], RELEASE)).toMatchObject({ health: "Unhealthy" });
  });

  it("is OutOfSync and names the gateway that serves another release", () => {
    const behind = gateway({ instance: "gateway-2", observedRelease: SHA("0") });
    expect(compareWithRelease([serving, behind], RELEASE)).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
      message: expect.stringContaining("gateway-2"),
    });
  });

  it("is Degraded if a table no longer matches a live layer", () => {
    const collections = [
      { collection: "roads", status: "Unhealthy" as const, message: "no column geom" },
    ];
    const broken = gateway({ observedRelease: RELEASE, collections });
    expect(compareWithRelease([broken], RELEASE)).toMatchObject({
      health: "Degraded",
      syncStatus: "Synced",
      message: "roads on gateway-1: no column geom",
    });
  });
});
