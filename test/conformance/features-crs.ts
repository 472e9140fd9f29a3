import { expect, it } from "vitest";
import { type ApiUnderTest, type Json, positionsOf } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const REGISTER = "http://www.opengis.net/def/crs";
const CRS84 = `${REGISTER}/OGC/1.3/CRS84`;
const EPSG = (code: number) => `${REGISTER}/EPSG/0/${code}`;
const UNKNOWN = EPSG(999999);

/** OGC API Features Part 2 (18-058r1): coordinate reference systems by reference. */
export const crsClasses: readonly ConformanceClass[] = [
  conformanceClass("http://www.opengis.net/spec/ogcapi-features-2/1.0", "crs", crsTests),
];

function crsTests(api: ApiUnderTest): void {
  it("/conf/crs/crs-uri, default-crs, storageCrs: each collection lists its systems, CRS84 first", async () => {
    for (const { id, crs, storageCrs } of await api.collections()) {
      expect(crs[0], id).toBe(CRS84);
      expect(crs).toContain(storageCrs);
      expect(new Set(crs).size).toBe(crs.length);
      for (const uri of crs)
        expect(uri).toMatch(/^http:\/\/www\.opengis\.net\/def\/crs\/\w+\/[\d.]+\/\w+$/);
    }
    const parcels = await api.document("/collections/parcels");
    expect(parcels.storageCrs).toBe(EPSG(25830));
    expect(parcels.crs).toEqual(expect.arrayContaining([EPSG(4326), EPSG(3857), EPSG(2056)]));
  });

  it("/conf/crs/crs-parameter, crs-parameter-default: Content-Crs has the system of the response", async () => {
    for (const { id, crs } of await api.collections()) {
      const { features } = await api.items(id, { limit: "1" });
      const addresses = ["items?limit=2&", `items/${features[0].id}?`];
      for (const address of addresses) {
        const root = `/collections/${id}/${address}`;
        expect((await api.get(root)).headers.get("content-crs")).toBe(`<${CRS84}>`);
        for (const uri of crs) {
          const { status, headers } = await api.get(`${root}crs=${encodeURIComponent(uri)}`);
          expect([status, headers.get("content-crs")], uri).toEqual([200, `<${uri}>`]);
        }
      }
    }
  });

  it("/conf/crs/crs-parameter-invalid, bbox-crs-parameter-invalid: returns 400", async () => {
    for (const { id } of await api.collections()) {
      for (const uri of [UNKNOWN, "EPSG:4326", "", "http://example.org/"]) {
        expect(await api.statusOf(id, { crs: uri }), uri).toBe(400);
        expect(await api.statusOf(id, { bbox: "0,0,1,1", "bbox-crs": uri }), uri).toBe(400);
        const { features } = await api.items(id, { limit: "1" });
        const feature = `/collections/${id}/items/${features[0].id}`;
        expect((await api.get(`${feature}?crs=${encodeURIComponent(uri)}`)).status).toBe(400);
      }
    }
  });

  it("/conf/crs/crs-parameter-transform: returns known coordinates in the axis order of each system", async () => {
    const site = async (uri: string) => position(await api.items("sites", { ids: "1", crs: uri }));
    expect(await site(EPSG(4326))).toEqual([40.4, -3.7]);
    expect(await site(CRS84)).toEqual([-3.7, 40.4]);
    const mercator = await site(EPSG(3857));
    for (const [axis, expected] of boxIn3857(-3.7, 40.4, 0, 0).slice(0, 2).entries()) {
      expect(mercator[axis]).toBeCloseTo(expected, 2);
    }
    const corner = async (uri: string) =>
      position(await api.items("parcels", { limit: "1", crs: uri }));
    const [east = 0, north = 0] = await corner(EPSG(25830));
    expect([east % 100, north % 100].map(Math.abs)).toEqual([0, 0]);
    const [longitude = 0, latitude = 0] = await corner(CRS84);
    expect(longitude).toBeGreaterThan(-4);
    expect(latitude).toBeGreaterThan(40);
    const swapped = await corner(EPSG(4326));
    expect(swapped[0]).toBeCloseTo(latitude, 6);
    expect(swapped[1]).toBeCloseTo(longitude, 6);
  });

  it("/conf/crs/bbox-crs-parameter: the same box in another system selects the same features", async () => {
    const boxes: [string, string][] = [
      [CRS84, "-4,40,3,49"],
      [EPSG(4326), "40,-4,49,3"],
      [EPSG(3857), `${boxIn3857(-4, 40, 3, 49)}`],
    ];
    for (const [uri, bbox] of boxes) {
      expect(await api.ids("sites", { bbox, "bbox-crs": uri }), uri).toEqual([1, 2, 3, 8]);
    }
    const parcels = await api.ids("parcels", {
      bbox: "441000,4474000,442500,4474500",
      "bbox-crs": EPSG(25830),
    });
    expect(parcels).toEqual(["p-1", "p-2"]);
  });

  it("/conf/crs/bbox-crs-parameter-default: is CRS84", async () => {
    for (const { id } of await api.collections()) {
      const bbox = "-4,40,3,49";
      expect(await api.ids(id, { bbox })).toEqual(await api.ids(id, { bbox, "bbox-crs": CRS84 }));
    }
  });

  it("bbox-crs does not affect the response, and crs does not affect the bbox", async () => {
    const query = { bbox: "40,-4,41,-3", "bbox-crs": EPSG(4326), limit: "1" };
    expect(position(await api.items("sites", query))).toEqual([-3.7, 40.4]);
    expect(position(await api.items("sites", { bbox: "-4,40,-3,41", crs: EPSG(4326) }))).toEqual([
      40.4, -3.7,
    ]);
  });
}

function position({ features }: Json): number[] {
  return positionsOf(features[0].geometry)[0] ?? [];
}

function boxIn3857(...[west, south, east, north]: [number, number, number, number]): number[] {
  const radius = 6_378_137;
  const x = (longitude: number) => (longitude * Math.PI * radius) / 180;
  const y = (latitude: number) =>
    radius * Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360));
  return [x(west), y(south), x(east), y(north)];
}
