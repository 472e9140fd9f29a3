import { expect, it } from "vitest";
import type { ApiUnderTest } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const JSON_FG = "http://www.opengis.net/spec/json-fg-1/1.0";
const UTM = "http://www.opengis.net/def/crs/EPSG/0/25830";

/** OGC Features and Geometries JSON (21-045r1). */
export const jsonFgClasses: readonly ConformanceClass[] = [
  conformanceClass(JSON_FG, "core", jsonFgTests),
];

function jsonFgTests(api: ApiUnderTest): void {
  const fetchSites = (query = "") => api.get(`/collections/sites/items?f=jsonfg&limit=20${query}`);

  it("/conf/core/metadata: declares its conformance classes and has its own media type", async () => {
    const { status, headers, body } = await fetchSites();
    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("application/vnd.ogc.fg+json");
    expect(body.type).toBe("FeatureCollection");
    expect(body.conformsTo).toContain(`${JSON_FG}/conf/core`);
    expect(body.featureType).toBe("sites");
  });

  it("/conf/core/time, /conf/core/place: every feature has them, possibly null", async () => {
    const { body } = await fetchSites();
    expect(body.features).toHaveLength(10);
    for (const { time, place, geometry, id } of body.features) {
      expect(place).toBeNull();
      if (id === 8) expect(geometry).toBeNull();
      if (id === 1) expect(time).toEqual({ timestamp: "2020-01-01T10:00:00Z" });
      if (id === 4) expect(time).toBeNull();
    }
  });

  it("/conf/core/coordinate-dimension, place: names another coordinate system, and geometry is null", async () => {
    const { body } = await api.get(
      `/collections/parcels/items?f=jsonfg&crs=${encodeURIComponent(UTM)}`,
    );
    expect(body.coordRefSys).toBe(UTM);
    for (const { geometry, place } of body.features) {
      expect(geometry).toBeNull();
      expect(place.coordinates[0][0][0]).toBeGreaterThan(400_000);
    }
  });
}
