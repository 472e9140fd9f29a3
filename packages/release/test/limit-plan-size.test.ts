import { describe, expect, it } from "vitest";
import { canonicalJson, formatPlan, limitPlanSize, sha256Hex } from "../src/index.ts";
import { layer, planOf, release, service } from "./sample-plan.ts";

const many = (count: number, changes: object = {}) =>
  release({
    services: [
      service(Array.from({ length: count }, (_, n) => layer({ id: `layer-${n}`, ...changes }))),
    ],
  });
const sizeOf = (value: unknown) => JSON.stringify(value).length;

describe("limitPlanSize", () => {
  it("returns a plan that fits unchanged", () => {
    const plan = planOf(many(10), many(10, { title: "T" }));
    expect(limitPlanSize(plan)).toEqual({ plan });
  });

  it("shortens a larger plan and refers to the document with all changes", () => {
    const whole = planOf(many(2_000), many(2_000, { title: "T" }));
    const { plan, document = "" } = limitPlanSize(whole, 20_000);
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

  it("keeps the riskiest changes", () => {
    const before = many(2_000);
    const [all] = before.services;
    const after = many(1_990, { title: "T" });
    const whole = planOf(before, {
      ...after,
      services: [{ ...all, ...after.services[0] }] as never,
    });
    const { plan } = limitPlanSize(whole, 20_000);
    expect(plan.changes.filter(({ risk }) => risk === "Critical")).toHaveLength(10);
  });

  it("keeps as many unavailable collections as fit", () => {
    const { plan } = limitPlanSize(planOf(many(3_000), release({ services: [] })), 20_000);
    expect(plan.unavailable.length + (plan.omitted?.unavailable ?? 0)).toBe(3_000);
    expect(plan.unavailable.length).toBeGreaterThan(50);
    expect(sizeOf(plan.changes) + sizeOf(plan.unavailable)).toBeLessThan(20_000);
  });

  it("omits the values of a change that is too large", () => {
    const properties = Array.from({ length: 5_000 }, (_, n) => ({
      name: `property-${n}`,
      type: "string" as const,
      nullable: true,
    }));
    const whole = planOf(release(), release({ services: [service([layer({ properties })])] }));
    const { plan } = limitPlanSize(whole, 20_000);
    const [change] = plan.changes;
    expect(change).toMatchObject({ id: "cities", risk: "High" });
    expect(change).not.toHaveProperty("after");
    expect(sizeOf(plan.changes)).toBeLessThan(20_000);
  });
});
