import type { Datasource, Layer, PlanChange, Property, Release, Settings } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { planRisk } from "../src/index.ts";
import {
  bundleOf,
  cities,
  compiled,
  DATASOURCES,
  service as gisService,
  METADATA,
  postgres,
} from "./sample-bundle.ts";
import { layer, planOf, release, service } from "./sample-plan.ts";

type Expected = Pick<PlanChange, "risk" | "breaking" | "reason">;
const low = (reason: string): Expected => ({ risk: "Low", breaking: false, reason });
const medium = (reason: string): Expected => ({ risk: "Medium", breaking: false, reason });
const high = (reason: string): Expected => ({ risk: "High", breaking: false, reason });
const breaks = (reason: string): Expected => ({ risk: "High", breaking: true, reason });

const withLayer = (changes: Partial<Layer>) => release({ services: [service([layer(changes)])] });
const [name, population] = layer().properties as [Property, Property];

const CRS = (code: number) => `http://www.opengis.net/def/crs/EPSG/0/${code}`;

describe("a change of a layer", () => {
  it.each<[Partial<Layer>, Partial<Layer>, Expected]>([
    [{}, { title: "Cities" }, low("title changed")],
    [{}, { description: "All" }, low("description added")],
    [{ description: "All" }, {}, low("description removed")],
    [{}, { keywords: ["a"] }, low("keywords changed")],
    [{}, { caching: { enabled: true, ttlSeconds: 1 } }, low("caching added")],
    [{}, { extent: [0, 0, 1, 1] }, low("extent added")],
    [{}, { minZoom: 3 }, low("minZoom added")],
    [{ maxZoom: 9 }, { maxZoom: 12 }, low("maxZoom changed")],
    [{}, { crs: [CRS(25830)] }, low("crs added")],
    [{ crs: [CRS(25830)] }, { crs: [CRS(25830), CRS(3857)] }, low("crs changed")],
    [{ crs: [CRS(25830)] }, { crs: [CRS(3857)] }, breaks(`crs removed: ${CRS(25830)}`)],
    [{ crs: [CRS(25830)] }, {}, breaks(`crs removed: ${CRS(25830)}`)],
    [{ maxLimit: 5 }, { maxLimit: 6 }, low("maxLimit raised from 5 to 6")],
    [{ maxLimit: 5 }, {}, low("maxLimit raised from 5 to 10000")],
    [{ maxLimit: 6 }, { maxLimit: 5 }, medium("maxLimit lowered from 6 to 5")],
    [{}, { defaultLimit: 5 }, medium("defaultLimit lowered from 10 to 5")],
    [{}, { defaultLimit: 10 }, low("defaultLimit rewritten from 10 to 10")],
    [{}, { geometryType: "Polygon" }, breaks("geometryType changed from Point to Polygon")],
    [{}, { srid: 3857 }, breaks("srid changed from 4326 to 3857")],
    [
      {},
      { table: { schema: "gis", name: "c" } },
      breaks("table changed from public.cities to gis.c"),
    ],
    [{}, { geometryColumn: "g" }, breaks("geometryColumn changed from geom to g")],
    [{}, { idColumn: "gid" }, breaks("idColumn set to gid")],
    [
      { datetimeColumn: "t" },
      { datetimeColumn: { start: "a", end: "b" } },
      breaks("datetimeColumn changed from t to a to b"),
    ],
    [{}, { filter: "population > 5" }, breaks("filter set to population > 5")],
    [
      { filter: "population > 5" },
      { filter: "population > 6" },
      breaks("filter changed from population > 5 to population > 6"),
    ],
    [{ filter: "population > 5" }, {}, breaks("filter removed")],
    [{}, { orderBy: [{ property: "name", descending: true }] }, medium("orderBy set to -name")],
    [{ orderBy: [{ property: "name", descending: true }] }, {}, medium("orderBy removed")],
    [{}, { datasource: "other" }, high("datasource changed from postgres-prod to other")],
    [{}, { properties: [name] }, breaks('property "population" removed')],
    [
      {},
      { properties: [name, { ...population, name: "people" }] },
      breaks('property "population" removed; property "people" added'),
    ],
    [
      {},
      { properties: [name, { ...population, type: "number" }] },
      breaks('property "population": type changed from integer to number'),
    ],
    [
      {},
      { properties: [name, { ...population, nullable: false }] },
      breaks('property "population": nullable became required'),
    ],
    [
      { properties: [{ ...name, nullable: false }] },
      { properties: [name] },
      medium('property "name": required became nullable'),
    ],
    [{}, { properties: [name, population, { ...name, name: "x" }] }, medium('property "x" added')],
    [
      {},
      { properties: [name, { ...population, title: "People" }] },
      low('property "population": title added'),
    ],
    [
      {},
      { properties: [name, { ...population, enum: [1] }] },
      medium('property "population": enum added'),
    ],
    [{}, { properties: [population, name] }, low("order of properties")],
  ])("from %j to %j", (before, after, expected) => {
    const { changes } = planOf(withLayer(before), withLayer(after));
    expect(changes).toMatchObject([
      {
        action: "modified",
        type: "layer",
        id: "cities",
        path: "/services/0/layers/0",
        ...expected,
      },
    ]);
  });

  it("has the highest risk and all reasons of its fields", () => {
    const { changes } = planOf(withLayer({}), withLayer({ title: "T", srid: 3857 }));
    expect(changes).toEqual([
      {
        action: "modified",
        type: "layer",
        id: "cities",
        path: "/services/0/layers/0",
        file: "environments/production/metadata.json",
        before: { title: "World Cities", srid: 4326 },
        after: { title: "T", srid: 3857 },
        ...breaks("title changed; srid changed from 4326 to 3857"),
      },
    ]);
  });

  it("can be a move to another service", () => {
    const empty = (id: string) => service([], { id });
    const full = (id: string) => service([layer()], { id });
    const plan = planOf(
      release({ services: [full("a"), empty("b")] }),
      release({ services: [empty("a"), full("b")] }),
    );
    expect(plan.changes).toMatchObject([medium('moved from service "a" to "b"')]);
    expect(plan.unavailable).toEqual([]);
  });
});

describe("a layer, service or datasource", () => {
  it("added is Medium", () => {
    const { changes } = planOf(release({ services: [] }), release());
    expect(changes).toMatchObject([
      { action: "added", type: "service", id: "gis", ...medium("service added") },
      { action: "added", type: "layer", id: "cities", ...medium("layer added") },
    ]);
  });

  it("removed is Critical and breaking", () => {
    const plan = planOf(release(), release({ services: [], datasources: [] }));
    expect(plan).toMatchObject({ riskLevel: "Critical", hasBreakingChanges: true });
    expect(
      plan.changes.map(({ action, type, risk, breaking }) => [action, type, risk, breaking]),
    ).toEqual([
      ["removed", "datasource", "Critical", true],
      ["removed", "service", "Critical", true],
      ["removed", "layer", "Critical", true],
    ]);
  });

  it.each([
    ["layer", { layers: [{ ...cities, enabled: false }] }, ["layer cities"]],
    ["service", { enabled: false, layers: [cities] }, ["service gis-service", "layer cities"]],
  ])("(a %s) that is disabled is Critical as well", (_what, changes, gone) => {
    const releaseOf = (entry: object) =>
      compiled(
        bundleOf({ [METADATA]: { services: [entry] }, [DATASOURCES]: { datasources: [postgres] } }),
      ).release;
    const plan = planOf(
      releaseOf({ ...gisService, layers: [cities] }),
      releaseOf({ ...gisService, ...changes }),
    );
    expect(plan.changes.map(({ type, id }) => `${type} ${id}`)).toEqual(gone);
    for (const change of plan.changes) {
      expect(change).toMatchObject({ action: "removed", risk: "Critical", breaking: true });
    }
    expect(plan.unavailable).toEqual([{ collection: "cities", url: "/ogc/collections/cities" }]);
  });

  it("with a new collection id is unavailable under the old id", () => {
    const plan = planOf(release(), withLayer({ id: "towns" }));
    expect(plan.changes).toMatchObject([
      { action: "added", id: "towns" },
      {
        action: "removed",
        id: "cities",
        risk: "Critical",
        breaking: true,
        reason: 'collection id changed to "towns"',
      },
    ]);
    expect(plan.unavailable).toEqual([{ collection: "cities", url: "/ogc/collections/cities" }]);
  });
});

describe("a change of order", () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => layer({ id })) as [Layer, Layer, Layer];

  it("of layers is one Medium change, regardless of pointers", () => {
    const moved = [c, a, b].map((each, index) => ({
      ...each,
      pointer: `/services/0/layers/${index}`,
    }));
    const { changes } = planOf(
      release({ services: [service([a, b, c])] }),
      release({ services: [service(moved)] }),
    );
    expect(changes).toMatchObject([
      {
        type: "service",
        before: { layers: ["a", "b", "c"] },
        after: { layers: ["c", "a", "b"] },
        ...medium("order of layers"),
      },
    ]);
  });

  it("is not reported if layers are only added or removed", () => {
    const { changes } = planOf(
      release({ services: [service([a, b])] }),
      release({ services: [service([c, b])] }),
    );
    expect(changes.map(({ reason }) => reason)).not.toContain("order of layers");
  });

  it("of services is one Medium change", () => {
    const services = [service([a], { id: "a" }), service([b], { id: "b" })];
    const { changes } = planOf(release({ services }), release({ services: services.toReversed() }));
    expect(changes).toMatchObject([{ type: "service", ...medium("order of services") }]);
  });

  it("of datasources is ignored", () => {
    const [first] = release().datasources as [Datasource];
    const datasources = [first, { ...first, id: "other" }];
    const plan = planOf(
      release({ datasources }),
      release({ datasources: datasources.toReversed() }),
    );
    expect(plan.changes).toEqual([]);
  });
});

describe("a change of a datasource", () => {
  const [datasource] = release().datasources as [Datasource];
  it.each<[Partial<Datasource>, Expected]>([
    [{ type: "Other" as Datasource["type"] }, high("type changed")],
    [{ connectionString: "${OTHER}" }, high("connectionString changed")],
    [{ readOnly: false }, high("readOnly changed from true to false")],
    [{ pool: { max: 5 } }, medium("pool added")],
    [{ statementTimeoutSeconds: 5 }, medium("statementTimeoutSeconds added")],
    [{ description: "main" }, low("description added")],
  ])("%j", (changes, expected) => {
    const after = release({ datasources: [{ ...datasource, ...changes }] });
    expect(planOf(release(), after).changes).toMatchObject([
      {
        action: "modified",
        type: "datasource",
        path: "/datasources/0",
        file: "environments/production/datasources.json",
        ...expected,
      },
    ]);
  });

  it("shows references and hides literal passwords", () => {
    const before = release({
      datasources: [{ ...datasource, connectionString: "Host=a;Password=old" }],
    });
    const after = release({
      datasources: [{ ...datasource, connectionString: "Host=a;Password=${NEW}" }],
    });
    const [change] = planOf(before, after).changes;
    expect(change?.before).toEqual({ connectionString: "Host=a;Password=***" });
    expect(change?.after).toEqual({ connectionString: "Host=a;Password=${NEW}" });
    expect(
      JSON.stringify([planOf(null, before), planOf(before, release({ datasources: [] }))]),
    ).not.toContain("old");
  });
});

describe("a change of the settings", () => {
  it.each<[Partial<Settings>, Expected]>([
    [{ title: "T" }, low("title added")],
    [{ maxLimit: 20_000 }, low("maxLimit raised from 10000 to 20000")],
    [{ maxLimit: 100 }, medium("maxLimit lowered from 10000 to 100")],
    [{ cors: { origins: ["*"] } }, medium("cors added")],
    [{ baseUrl: "https://a.example" }, high("baseUrl set to https://a.example")],
  ])("%j", (changes, expected) => {
    const after = release({ settings: { ...release().settings, ...changes } });
    expect(planOf(release(), after).changes).toMatchObject([
      {
        type: "settings",
        id: "production",
        file: "environments/production/appsettings.json",
        ...expected,
      },
    ]);
  });
});

describe("planRisk", () => {
  const changes = (risk: PlanChange["risk"], count: number) =>
    Array.from({ length: count }, () => ({ risk }));

  it("is the highest risk of the changes, and Low without changes", () => {
    expect(planRisk([])).toBe("Low");
    expect(planRisk([...changes("Low", 1), ...changes("High", 1), ...changes("Medium", 1)])).toBe(
      "High",
    );
  });

  it("is raised from Low to Medium by more than 10 changes, and not above", () => {
    expect(planRisk(changes("Low", 10))).toBe("Low");
    expect(planRisk(changes("Low", 11))).toBe("Medium");
    expect(planRisk(changes("Medium", 11))).toBe("Medium");
  });
});

describe("a change of the policy", () => {
  const policy = {
    requiresApproval: true,
    allowBreakingChanges: true,
    autoRollback: true,
    approvalTimeoutSeconds: 60,
  };
  const [without, withPolicy] = [release(), release({ policy })];
  it.each<[string, Release, Release]>([
    ["added", without, withPolicy],
    ["removed", withPolicy, without],
    ["modified", withPolicy, release({ policy: { ...policy, requiresApproval: false } })],
  ])("%s is High", (action, before, after) => {
    expect(planOf(before, after).changes).toMatchObject([
      {
        action,
        type: "policy",
        id: "production",
        path: "/environments/production",
        file: ".gitops/deployment-policy.yaml",
        ...high(`policy ${action}`),
      },
    ]);
  });
});
