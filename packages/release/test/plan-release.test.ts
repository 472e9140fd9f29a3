import { plan as planSchema } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { canonicalJson, DEFAULT_POLICY, sha256Hex } from "../src/index.ts";
import { layer, planOf, release, service } from "./sample-plan.ts";

const strict = { ...DEFAULT_POLICY, requiresApproval: true };

describe("planRelease", () => {
  it("returns a valid plan document", () => {
    const plan = planOf(release(), release({ services: [] }));
    expect(planSchema.parse(plan)).toEqual(plan);
    expect(plan).toMatchObject({
      environment: "production",
      fromCommit: "d".repeat(40),
      toCommit: "a".repeat(40),
      estimatedDurationSeconds: 15,
    });
  });

  it("is empty and Low for the same release", () => {
    const plan = planOf(release(), release());
    expect(plan).toMatchObject({
      changes: [],
      unavailable: [],
      riskLevel: "Low",
      hasBreakingChanges: false,
    });
  });

  it("adds everything in the first deployment", () => {
    const settings = { defaultLimit: 10, maxLimit: 10_000, title: "Honua" };
    const plan = planOf(null, release({ settings, policy: strict }));
    expect(plan).toMatchObject({ fromCommit: null, fromRelease: null, hasBreakingChanges: false });
    expect(plan.changes.map(({ action, type, id }) => [action, type, id])).toEqual([
      ["added", "policy", "production"],
      ["added", "settings", "production"],
      ["added", "datasource", "postgres-prod"],
      ["added", "service", "gis"],
      ["added", "layer", "cities"],
    ]);
  });

  it("shows an added entry without its pointer", () => {
    const change = planOf(null, release()).changes.find(({ type }) => type === "layer");
    const { pointer: _pointer, ...rest } = layer();
    expect(change?.after).toEqual({ ...rest, service: "gis" });
    expect(change).not.toHaveProperty("before");
  });

  it("lists unavailable collections with the URLs that clients use", () => {
    const gone = release({ services: [service([])] });
    const live = release({ settings: { ...release().settings, baseUrl: "https://live.example" } });
    expect(planOf(live, { ...gone, settings: live.settings }).unavailable).toEqual([
      { collection: "cities", url: "https://live.example/ogc/collections/cities" },
    ]);
    expect(planOf(live, gone, { baseUrl: "https://other.example/" }).unavailable).toEqual([
      { collection: "cities", url: "https://other.example/ogc/collections/cities" },
    ]);
  });
});

describe("the policy of a plan", () => {
  it("is that of the live release, never of the candidate", () => {
    const guarded = release({ policy: strict });
    expect(planOf(guarded, release()).decision.requiresApproval).toBe(true);
    expect(planOf(release(), guarded).decision.requiresApproval).toBe(false);
    expect(planOf(null, guarded).decision.requiresApproval).toBe(false);
  });

  it("is that of the server if it is stricter", () => {
    const decision = planOf(release(), release({ services: [] }), {
      policyFloor: { ...DEFAULT_POLICY, allowBreakingChanges: false },
    }).decision;
    expect(decision.allowed).toBe(false);
    expect(decision.rule).toMatch(/^server policy: allowBreakingChanges/);
  });
});

describe("planDigest", () => {
  const [live, candidate] = [release(), release({ services: [] })];
  const digest = planOf(live, candidate).planDigest;

  it("covers the candidate, the live release and the policy", () => {
    expect(digest).toBe(
      sha256Hex(
        canonicalJson({
          candidate: sha256Hex(canonicalJson(candidate)),
          live: sha256Hex(canonicalJson(live)),
          policy: DEFAULT_POLICY,
        }),
      ),
    );
  });

  it("changes only with the candidate, the live release or the policy", () => {
    expect(planOf(live, candidate, { estimatedDurationSeconds: null }).planDigest).toBe(digest);
    expect(planOf(live, live).planDigest).not.toBe(digest);
    expect(planOf(null, candidate).planDigest).not.toBe(digest);
    expect(planOf(live, candidate, { policyFloor: strict }).planDigest).not.toBe(digest);
  });
});
