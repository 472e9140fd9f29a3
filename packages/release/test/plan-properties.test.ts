import { GEOMETRY_TYPES, type Layer, PROPERTY_TYPES, type Release } from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, compareRisk, planRisk } from "../src/index.ts";
import { layer, planOf, release, service } from "./sample-plan.ts";

const ids = fc.constantFrom("a", "b", "c", "d", "e", "f");
const properties = fc.uniqueArray(
  fc.record({
    name: ids,
    type: fc.constantFrom(...PROPERTY_TYPES),
    nullable: fc.boolean(),
    unit: fc.constantFrom("m", "km"),
  }),
  { selector: ({ name }) => name, maxLength: 3 },
);
const layers: fc.Arbitrary<Layer> = fc
  .record(
    {
      id: ids,
      title: fc.constantFrom("A", "B"),
      srid: fc.constantFrom(4326, 3857),
      geometryType: fc.constantFrom(...GEOMETRY_TYPES),
      maxLimit: fc.integer({ min: 1, max: 3 }),
      idColumn: fc.constantFrom("gid", "fid"),
      properties,
    },
    { requiredKeys: ["id"] },
  )
  .map(layer);
const releases: fc.Arbitrary<Release> = fc
  .record({
    layers: fc.uniqueArray(layers, { selector: ({ id }) => id }),
    split: fc.nat({ max: 6 }),
    maxLimit: fc.integer({ min: 10, max: 12 }),
    connectionString: fc.constantFrom("${A}", "${B}"),
  })
  .map(({ layers: all, split, maxLimit, connectionString }) =>
    withPointers(
      release({
        settings: { defaultLimit: 10, maxLimit },
        datasources: release().datasources.map((each) => ({ ...each, connectionString })),
        services: [
          service(all.slice(0, split), { id: "first" }),
          service(all.slice(split), { id: "second" }),
        ],
      }),
    ),
  );

function withPointers(value: Release): Release {
  const services = value.services.map((each, index) => ({
    ...each,
    pointer: `/services/${index}`,
    layers: each.layers.map((one, at) => ({ ...one, pointer: `/services/${index}/layers/${at}` })),
  }));
  return { ...value, services };
}

const changesOf = (before: Release, after: Release) => planOf(before, after).changes;
const named = (changes: ReturnType<typeof changesOf>, action: string) =>
  changes
    .filter((change) => change.action === action)
    .map(({ type, id }) => `${type} ${id}`)
    .sort();

describe("plans", () => {
  it("are empty if and only if the releases are equal", () => {
    fc.assert(
      fc.property(releases, releases, (a, b) => {
        expect(changesOf(a, structuredClone(a))).toEqual([]);
        if (canonicalJson(a) !== canonicalJson(b)) expect(changesOf(a, b)).not.toEqual([]);
      }),
    );
  });

  it("add in one direction what they remove in the other, and modify the same entries", () => {
    fc.assert(
      fc.property(releases, releases, (a, b) => {
        const [there, back] = [changesOf(a, b), changesOf(b, a)];
        expect(named(there, "added")).toEqual(named(back, "removed"));
        expect(named(there, "removed")).toEqual(named(back, "added"));
        expect(named(there, "modified")).toEqual(named(back, "modified"));
      }),
    );
  });

  it("do not depend on the order of layers, except for the change of order", () => {
    fc.assert(
      fc.property(releases, releases, (a, b) => {
        const reordered = withPointers({
          ...b,
          services: b.services.map((each) => ({ ...each, layers: each.layers.toReversed() })),
        });
        const withoutOrder = (changes: ReturnType<typeof changesOf>) =>
          changes
            .filter(({ reason }) => reason !== "order of layers")
            .map(({ path: _path, after: _after, ...change }) => change)
            .sort((x, y) => (x.action + x.type + x.id < y.action + y.type + y.id ? -1 : 1));
        const isLayer = ({ type }: { type: string }) => type === "layer";
        expect(withoutOrder(changesOf(a, reordered)).filter(isLayer)).toEqual(
          withoutOrder(changesOf(a, b)).filter(isLayer),
        );
        const own = changesOf(b, reordered);
        expect(
          own.every(({ reason, risk }) => reason === "order of layers" && risk === "Medium"),
        ).toBe(true);
      }),
    );
  });

  it("are at least as risky as any subset of their changes", () => {
    fc.assert(
      fc.property(releases, releases, fc.nat(), (a, b, cut) => {
        const plan = planOf(a, b);
        for (const { risk } of plan.changes)
          expect(compareRisk(plan.riskLevel, risk)).toBeGreaterThanOrEqual(0);
        const part = plan.changes.slice(cut % (plan.changes.length + 1));
        expect(compareRisk(plan.riskLevel, planRisk(part))).toBeGreaterThanOrEqual(0);
        expect(plan.hasBreakingChanges).toBe(plan.changes.some(({ breaking }) => breaking));
      }),
    );
  });

  it("list exactly the removed layers as unavailable", () => {
    fc.assert(
      fc.property(releases, releases, (a, b) => {
        const { changes, unavailable } = planOf(a, b);
        const removed = changes.filter(
          ({ type, action }) => type === "layer" && action === "removed",
        );
        expect(unavailable.map(({ collection }) => collection)).toEqual(
          removed.map(({ id }) => id),
        );
      }),
    );
  });
});
