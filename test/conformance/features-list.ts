import { expect, it } from "vitest";
import { type ApiUnderTest, type Json, linkOf, linksOf, positionsOf } from "./api-under-test.ts";

/** The features of a collection (Part 1, A.2.7). */
export function featureListTests(api: ApiUnderTest): void {
  /** Reads all features that a query selects, by following the `next` links. */
  async function readAllPages(collection: string, query: Record<string, string>) {
    let page = await api.items(collection, query);
    const features: Json[] = [...page.features];
    const sizes: number[] = [page.features.length];
    for (let [next] = linksOf(page, "next"); next; [next] = linksOf(page, "next")) {
      page = await api.document(next.href);
      features.push(...page.features);
      sizes.push(page.features.length);
    }
    return { features, sizes };
  }

  it("/conf/core/fc-response, fc-links, fc-timeStamp, fc-numberReturned", async () => {
    for (const { id } of await api.collections()) {
      const body = await api.items(id, { limit: "4" });
      expect(body.type).toBe("FeatureCollection");
      expect(body.numberReturned).toBe(body.features.length);
      expect(body.timeStamp).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
      expect(linkOf(body, "self")).toMatchObject({ type: "application/geo+json" });
      expect(linksOf(body, "alternate").map(({ type }) => type)).toContain("text/html");
      for (const { rel, type } of body.links) {
        expect([typeof rel, typeof type]).toEqual(["string", "string"]);
      }
    }
  });

  it("/conf/core/fc-limit-definition: is an integer with minimum, maximum and default", async () => {
    const { paths } = await api.definition();
    for (const { id } of await api.collections()) {
      const limit = parameterOf(paths, id, "limit");
      expect(limit).toMatchObject({ in: "query", required: false, style: "form", explode: false });
      const { type, minimum, maximum, default: defaultLimit } = limit.schema;
      expect([type, minimum]).toEqual(["integer", 1]);
      expect(defaultLimit >= minimum && defaultLimit <= maximum).toBe(true);
      expect((await api.items(id)).features.length).toBeLessThanOrEqual(defaultLimit);
    }
  });

  it("/conf/core/fc-limit-response: returns at most the limit and at most the maximum", async () => {
    for (const { id } of await api.collections()) {
      for (const limit of [1, 2, 7]) {
        const { features } = await api.items(id, { limit: String(limit) });
        expect(features.length).toBeLessThanOrEqual(limit);
      }
    }
    expect((await api.items("parcels", { limit: "1000" })).features).toHaveLength(5);
  });

  it("/conf/core/fc-numberMatched: is the sum of all pages; the next link accepts another limit", async () => {
    for (const query of [
      { limit: "3" },
      { limit: "3", kind: "bar" },
      { limit: "4", bbox: "-180,0,180,90" },
    ]) {
      const first = await api.items("sites", query);
      const { features, sizes } = await readAllPages("sites", query);
      expect(new Set(features.map(({ id }) => id)).size).toBe(features.length);
      expect(first.numberMatched).toBe(features.length);
      expect(sizes.slice(0, -1).every((size) => size === Number(query.limit))).toBe(true);
    }
    const next = new URL(linkOf(await api.items("parcels", { limit: "2" }), "next").href);
    next.searchParams.set("limit", "4");
    expect((await api.document(next.href)).features.map(({ id }: Json) => id)).toHaveLength(4);
    expect((await readAllPages("countries", { limit: "100" })).features.length).toBeGreaterThan(
      200,
    );
  });

  it("/conf/core/fc-bbox-definition: is an array of four to six numbers, style form, not exploded", async () => {
    const { paths, components } = await api.definition();
    for (const { id } of await api.collections()) {
      expect(parameterOf(paths, id, "bbox", components)).toMatchObject({
        in: "query",
        required: false,
        style: "form",
        explode: false,
        schema: { type: "array", minItems: 4, maxItems: 6, items: { type: "number" } },
      });
      expect(parameterOf(paths, id, "datetime", components)).toMatchObject({
        in: "query",
        required: false,
        style: "form",
        explode: false,
        schema: { type: "string" },
      });
    }
  });

  it("/conf/core/fc-bbox-response: selects features that intersect the box or have no geometry", async () => {
    const boxes: [string, number[]][] = [
      ["-4,40,-3,41", [1, 2, 8]],
      ["-4,40,0,-3,41,100", [1, 2, 8]],
      ["2.35,48.85,2.35,48.85", [3, 8]],
      ["177,65,-177,70", [6, 7, 8]],
      ["-180,85,180,90", [4, 8]],
      ["-180,-90,180,-85", [5, 8]],
      ["-180,-90,180,90", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ];
    for (const [bbox, expected] of boxes)
      expect(await api.ids("sites", { bbox }), bbox).toEqual(expected);
  });

  it("/conf/core/fc-bbox-response: selects no geometry outside the box in any collection", async () => {
    for (const [west, south, east, north] of [
      [-10, 35, 5, 45],
      [100, -50, 170, 0],
      [-180, 60, 180, 90],
    ] as const) {
      for (const { id } of await api.collections()) {
        const bbox = [west, south, east, north].join(",");
        for (const { geometry } of (await api.items(id, { bbox, limit: "100" })).features) {
          const positions = positionsOf(geometry);
          if (positions.length === 0) continue;
          // If two geometries intersect, their bounding boxes intersect, too.
          const [xs, ys] = [0, 1].map((axis) => positions.map((position) => position[axis] ?? 0));
          expect(Math.min(...(xs ?? [])) <= east && Math.max(...(xs ?? [])) >= west, bbox).toBe(
            true,
          );
          expect(Math.min(...(ys ?? [])) <= north && Math.max(...(ys ?? [])) >= south, bbox).toBe(
            true,
          );
        }
      }
    }
  });

  it("/conf/core/fc-time-response: supports instants, intervals and half-bounded intervals", async () => {
    // Features without a time match every instant and interval.
    const timeless = [4, 8];
    const cases: [string, number[]][] = [
      ["2020-01-01T10:00:00Z", [1]],
      ["2020-01-01T11:00:00+01:00", [1]],
      ["2020-01-01/2020-01-31", [1, 6]],
      ["2020-01-15T00:00:00Z/2020-03-01T00:00:00Z", [2, 6, 7]],
      ["2020-02-01T00:00:00Z/..", [2, 3, 7]],
      ["../2010-12-31T00:00:00Z", [9]],
      ["/2010-12-31T00:00:00Z", [9]],
    ];
    for (const [datetime, expected] of cases) {
      const all = [...expected, ...timeless].sort((a, b) => a - b);
      expect(await api.ids("sites", { datetime }), datetime).toEqual(all);
    }
    expect(
      (await api.items("parcels", { datetime: "2020-01-01T00:00:00Z" })).features,
    ).toHaveLength(5);
  });
}

/** A parameter of the items of a collection, with its reference resolved. */
function parameterOf(paths: Json, collection: string, name: string, components: Json = {}): Json {
  const { parameters } = paths[`/collections/${collection}/items`].get;
  const resolved = parameters.map((parameter: Json) =>
    parameter.$ref ? components.parameters?.[parameter.$ref.split("/").at(-1)] : parameter,
  );
  return resolved.find((parameter: Json) => parameter?.name === name);
}
