import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, formatPlan } from "../src/index.ts";
import { layer, planOf, release, service } from "./sample-plan.ts";

describe("formatPlan", () => {
  it("has the format of the runbook", () => {
    const [name] = layer().properties;
    const properties = [...layer().properties, { ...name, name: "country" } as never];
    const roads = layer({ id: "roads", table: { schema: "public", name: "roads" } });
    const plan = planOf(
      release(),
      release({ services: [service([layer({ properties }), roads])] }),
    );
    expect(formatPlan(plan)).toBe(`Deployment Plan for production
Commit: ddddddd -> aaaaaaa
Risk Level: Medium

Added:
  - Layer: roads (environments/production/metadata.json)

Modified:
  - Layer: cities (updated properties)

Migrations:
  - None

Estimated Duration: 15 seconds
Approval: not needed (server policy: requiresApproval is false)`);
  });

  it("shows breaking changes, unavailable URLs and the refusal", () => {
    const policyFloor = { ...DEFAULT_POLICY, allowBreakingChanges: false };
    const plan = planOf(release(), release({ services: [service([])] }), {
      policyFloor,
      estimatedDurationSeconds: null,
    });
    expect(formatPlan(plan)).toBe(`Deployment Plan for production
Commit: ddddddd -> aaaaaaa
Risk Level: Critical

Removed:
  - Layer: cities (environments/production/metadata.json)

Breaking Changes:
  - Layer: cities: layer removed or disabled

Unavailable:
  - /ogc/collections/cities

Migrations:
  - None

Estimated Duration: unknown
Refused: server policy: allowBreakingChanges is false and the plan has breaking changes`);
  });

  it("shows a plan without changes, and a first deployment", () => {
    expect(formatPlan(planOf(release(), release()))).toContain("\n\nNo changes.\n\n");
    expect(formatPlan(planOf(null, release()))).toContain("Commit: (nothing) -> aaaaaaa");
  });

  it("rounds the duration to seconds", () => {
    const lines = (seconds: number) =>
      formatPlan(planOf(release(), release(), { estimatedDurationSeconds: seconds }));
    expect(lines(1.2)).toContain("Estimated Duration: 1 second\n");
    expect(lines(14.6)).toContain("Estimated Duration: 15 seconds\n");
  });

  it("lists only the changed keys of the policy", () => {
    const policy = { ...DEFAULT_POLICY, minimumRiskLevelForApproval: "High" } as const;
    const plan = planOf(release({ policy }), release({ policy: DEFAULT_POLICY }));
    expect(formatPlan(plan)).toContain(
      "  - Policy: production (updated minimumRiskLevelForApproval)",
    );
  });

  it("shows a change of order", () => {
    const [a, b] = [layer({ id: "a" }), layer({ id: "b" })];
    const plan = planOf(
      release({ services: [service([a, b])] }),
      release({ services: [service([b, a])] }),
    );
    expect(formatPlan(plan)).toContain("  - Service: gis (order of layers)");
  });
});
