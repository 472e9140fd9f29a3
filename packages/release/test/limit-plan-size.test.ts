import { describe, expect, it } from "vitest";
import { boundedPlan, canonicalJson, formatPlan, sha256Hex } from "../src/index.ts";
import { layer, planOf, release, service } from "./sample-plan.ts";

const many = (count: number, changes: object = {}) =>
  release({
    services: [
      service(Array.from({ length: count }, (_, n) => layer({ id: `layer-${n}`, ...changes }))),
    ],
  });
const sizeOf = (value: unknown) => JSON.stringify(value).length;

describe("a plan in a message", () => {
  it("is the plan itself while it fits", () => {
    const plan = planOf(many(10), many(10, { title: "T" }));
    expect(boundedPlan(plan)).toEqual({ plan });
  });

  it("of more changes than fit is a part, and names the document that has all of them", () => {
    const whole = planOf(many(2_000), many(2_000, { title: "T" }));
    const { plan, document = "" } = boundedPlan(whole, 20_000);
    expect(sizeOf(plan.changes) + sizeOf(plan.unavailable)).toBeLessThan(20_000);
    expect(plan.changes.length).toBeGreaterThan(10);
    expect(plan.omitted).toEqual({
      changes: 2_000 - plan.changes.length,
      unavailable: 0,
      document: sha256Hex(document),
    });
    expect(document).toBe(canonicalJson(whole));
    expect(plan).toMatchObject({ planDigest: whole.planDigest, riskLevel: whole.riskLevel });
    expect(formatPlan(plan)).toContain(`Not shown: ${plan.omitted?.changes} more changes, 0 more`);
  });

  it("keeps what is riskiest", () => {
    const before = many(2_000);
    const [all] = before.services;
    const after = many(1_990, { title: "T" });
    const whole = planOf(before, {
      ...after,
      services: [{ ...all, ...after.services[0] }] as never,
    });
    const { plan } = boundedPlan(whole, 20_000);
    expect(plan.changes.filter(({ risk }) => risk === "Critical")).toHaveLength(10);
  });

  it("lists as many lost collections as fit", () => {
    const { plan } = boundedPlan(planOf(many(3_000), release({ services: [] })), 20_000);
    expect(plan.unavailable.length + (plan.omitted?.unavailable ?? 0)).toBe(3_000);
    expect(plan.unavailable.length).toBeGreaterThan(50);
    expect(sizeOf(plan.changes) + sizeOf(plan.unavailable)).toBeLessThan(20_000);
  });

  it("shows a change that is too large without its values", () => {
    const properties = Array.from({ length: 5_000 }, (_, n) => ({
      name: `property-${n}`,
      type: "string" as const,
      nullable: true,
    }));
    const whole = planOf(release(), release({ services: [service([layer({ properties })])] }));
    const { plan } = boundedPlan(whole, 20_000);
    const [change] = plan.changes;
    expect(change).toMatchObject({ id: "cities", risk: "High" });
    expect(change).not.toHaveProperty("after");
    expect(sizeOf(plan.changes)).toBeLessThan(20_000);
  });
});
