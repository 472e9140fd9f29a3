import { expect, it } from "vitest";
import type { ApiUnderTest } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const CQL2 = "http://www.opengis.net/spec/cql2/1.0";
/** The ids of the sites that each filter selects. */
type Selections = readonly [filter: string, ids: number[]][];

const BASIC: Selections = [
  ["visits = 20", [6]],
  ["visits <> 20", [1, 2, 3, 4, 5, 7, 9, 10]],
  ["visits < 8", [4, 9, 10]],
  ["visits <= 8", [4, 5, 9, 10]],
  ["visits > 99", [1, 3]],
  ["visits >= 100", [1, 3]],
  ["height = 57.5", [3]],
  ["name = 'O''Brien'", [10]],
  ["open = true", [1, 3, 5, 6, 9]],
  ["open = false", [2, 7, 10]],
  ["founded = DATE('1957-01-01')", [5]],
  ["founded < DATE('1957-01-01')", [6, 7]],
  ["seen >= TIMESTAMP('2020-02-01T10:00:00Z')", [2, 3, 7]],
  ["kind IS NULL", [8]],
  ["kind IS NOT NULL AND height IS NULL", []],
  ["kind = 'bar' AND visits > 60", [1]],
  ["kind = 'tower' OR kind = 'cape'", [3, 6, 7]],
  ["NOT kind = 'bar' AND NOT (visits > 7)", [4, 9, 10]],
  ["(kind = 'bar' OR kind = 'cape') AND open = true", [1, 6]],
];

const ADVANCED: Selections = [
  ["name LIKE 'C%'", [1, 2]],
  ["name LIKE '%Cape'", [6, 7]],
  ["name LIKE '_orre'", [3]],
  ["name LIKE '100\\%\\_%'", [9]],
  ["name NOT LIKE '%a%' AND id < 5", [2, 3, 4]],
  ["visits BETWEEN 8 AND 30", [5, 6, 7]],
  ["visits NOT BETWEEN 8 AND 1000", [4, 9, 10]],
  ["kind IN ('bar', 'tower')", [1, 2, 3]],
  ["id NOT IN (1, 2, 3, 4, 5, 6)", [7, 8, 9, 10]],
];

const SPATIAL_PLUS: Selections = [
  ["S_INTERSECTS(geom, POINT(2.35 48.85))", [3]],
  ["S_INTERSECTS(geom, MULTIPOINT((0 0), (1 1)))", [9, 10]],
  ["S_INTERSECTS(geom, LINESTRING(0 0, 2 2))", [9, 10]],
  ["S_INTERSECTS(geom, POLYGON((-4 40, -3 40, -3 41, -4 41, -4 40)))", [1, 2]],
  [
    "S_INTERSECTS(geom, MULTIPOLYGON(((-4 40, -3 40, -3 41, -4 41, -4 40)), ((2 48, 3 48, 3 49, 2 49, 2 48))))",
    [1, 2, 3],
  ],
  ["S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(2 48, 2.7 49.7)))", [3, 10]],
];

const SPATIAL: Selections = [
  ["S_EQUALS(geom, POINT(1 1))", [10]],
  ["S_DISJOINT(geom, BBOX(-180, -80, 180, 80))", [4, 5]],
  ["S_WITHIN(geom, BBOX(-1, -1, 2, 2))", [9, 10]],
  ["S_CONTAINS(geom, POINT(0 0))", [9]],
  ["S_TOUCHES(geom, BBOX(0, 0, 0.5, 0.5))", [9]],
  ["S_CROSSES(geom, BBOX(0, 0, 5, 5))", []],
  ["S_OVERLAPS(geom, BBOX(0, 0, 5, 5))", []],
];

const TEMPORAL: Selections = [
  ["T_AFTER(seen, TIMESTAMP('2020-02-01T10:00:00Z'))", [3, 7]],
  ["T_BEFORE(seen, TIMESTAMP('2019-06-01T00:00:01Z'))", [5, 9, 10]],
  ["T_EQUALS(seen, TIMESTAMP('2021-01-01T00:00:00Z'))", [3]],
  [
    "T_DURING(INTERVAL(seen, seen), INTERVAL('2020-01-01T00:00:00Z', '2020-02-28T00:00:00Z'))",
    [1, 2, 6],
  ],
  ["T_INTERSECTS(founded, INTERVAL('1999-01-01', '2001-12-31'))", [1, 3]],
  ["T_DISJOINT(founded, INTERVAL('1950-01-01', '..'))", [6, 7]],
  ["T_INTERSECTS(INTERVAL(founded, seen), DATE('2015-01-01'))", [1, 2, 3, 5, 6, 7]],
];

const ARRAYS: Selections = [
  ["A_CONTAINS(tags, ('coffee', 'wine'))", [1, 9]],
  ["A_CONTAINEDBY(tags, ('coffee', 'wine'))", [1, 2, 6, 10]],
  ["A_EQUALS(tags, ('coffee'))", [2]],
  ["A_OVERLAPS(tags, ('view', 'ice'))", [3, 4, 5, 7]],
];

/** OGC Common Query Language (21-065r2), evaluated on features. */
export const cql2Classes: readonly ConformanceClass[] = [
  conformanceClass(CQL2, "cql2-text", textTests),
  conformanceClass(CQL2, "cql2-json", jsonTests),
  selectionClass("basic-cql2", BASIC),
  selectionClass("advanced-comparison-operators", ADVANCED),
  selectionClass("case-insensitive-comparison", [
    ["CASEI(name) = CASEI('café azul')", [1]],
    ["CASEI(kind) IN (CASEI('BAR'), CASEI('Tower'))", [1, 2, 3]],
    ["CASEI(name) LIKE CASEI('caf%')", [1, 2]],
  ]),
  selectionClass("accent-insensitive-comparison", [
    ["ACCENTI(name) = ACCENTI('Cafe Azul')", [1]],
    ["ACCENTI(CASEI(name)) = ACCENTI(CASEI('CAFÉ AZUL'))", [1, 2]],
    ["ACCENTI(name) LIKE ACCENTI('Cafè%')", [1]],
  ]),
  selectionClass("basic-spatial-functions", [
    ["S_INTERSECTS(geom, BBOX(-4, 40, -3, 41))", [1, 2]],
    ["S_INTERSECTS(geom, POINT(1 1))", [10]],
    ["NOT S_INTERSECTS(geom, BBOX(-180, -80, 180, 80))", [4, 5]],
  ]),
  selectionClass("basic-spatial-functions-plus", SPATIAL_PLUS),
  selectionClass("spatial-functions", SPATIAL),
  selectionClass("temporal-functions", TEMPORAL),
  selectionClass("array-functions", ARRAYS),
  selectionClass("property-property", [
    ["visits > capacity", [1, 7, 10]],
    ["capacity = visits", [3, 6]],
    ["20 = capacity", [6, 7]],
    ["name <> kind", [1, 2, 3, 4, 5, 6, 7, 9, 10]],
  ]),
  selectionClass("arithmetic", [
    ["visits = 4 * 25", [1]],
    ["visits - capacity = 20", [1]],
    ["visits * 2 < capacity + 1", [9]],
    ["capacity % 60 = 20", [1, 6, 7]],
    ["visits = capacity / 2", [9]],
    ["visits div 3 = 33", [1]],
    ["visits = 10 ^ 3", [3]],
    ["height = -5", [5]],
  ]),
];

/** A class that is tested with filters and the sites that they select. */
function selectionClass(name: string, selections: Selections): ConformanceClass {
  return conformanceClass(CQL2, name, (api) => {
    it.each(selections)(`/conf/${name}: %s`, async (filter, expected) => {
      expect(await api.ids("sites", { filter })).toEqual(expected);
    });
  });
}

function textTests(api: ApiUnderTest): void {
  it.each<[string, number[]]>([
    ["name = 'O''Brien'", [10]],
    ["\"name\" = 'Torre'", [3]],
    ["kind = 'bar' and open = TRUE", [1]],
    ["visits = 1e2", [1]],
    ["  visits\n=\t100 ", [1]],
  ])("/conf/cql2-text/validate: %j", async (filter, expected) => {
    expect(await api.ids("sites", { filter })).toEqual(expected);
  });

  it.each([
    "name = O'Brien",
    "name = 'O'Brien'",
    "name 'x'",
    "AND",
    "kind = 'a' AND OR open = true",
  ])("/conf/cql2-text/validate: rejects %s", async (filter) =>
    expect(await api.statusOf("sites", { filter })).toBe(400),
  );
}

function jsonTests(api: ApiUnderTest): void {
  const visits = { property: "visits" };
  it.each<[string, unknown, number[]]>([
    ["comparison", { op: "=", args: [visits, 100] }, [1]],
    [
      "and",
      {
        op: "and",
        args: [
          { op: ">", args: [visits, 20] },
          { op: "=", args: [{ property: "kind" }, "bar"] },
        ],
      },
      [1, 2],
    ],
    ["not", { op: "not", args: [{ op: "<", args: [visits, 1000] }] }, [3]],
    ["isNull", { op: "isNull", args: [{ property: "kind" }] }, [8]],
    ["in", { op: "in", args: [{ property: "id" }, [3, 5]] }, [3, 5]],
    ["between", { op: "between", args: [visits, 8, 30] }, [5, 6, 7]],
    ["like", { op: "like", args: [{ property: "name" }, "%Cape"] }, [6, 7]],
    [
      "spatial",
      { op: "s_intersects", args: [{ property: "geom" }, { type: "Point", coordinates: [1, 1] }] },
      [10],
    ],
    [
      "temporal",
      { op: "t_after", args: [{ property: "founded" }, { date: "2010-01-01" }] },
      [9, 10],
    ],
    ["array", { op: "a_contains", args: [{ property: "tags" }, ["ice", "view"]] }, [5]],
    ["arithmetic", { op: "=", args: [visits, { op: "*", args: [5, 4] }] }, [6]],
  ])("/conf/cql2-json/validate: %s", async (_name, filter, expected) => {
    const query = { filter: JSON.stringify(filter), "filter-lang": "cql2-json" };
    expect(await api.ids("sites", query)).toEqual(expected);
  });

  it.each(["{", "[]", '{"op":"="}', '{"op":"=","args":[1]}', '{"op":"nope","args":[1,2]}', "null"])(
    "/conf/cql2-json/validate: rejects %s",
    async (filter) => {
      expect(await api.statusOf("sites", { filter, "filter-lang": "cql2-json" })).toBe(400);
    },
  );
}
