import { createHash } from "node:crypto";
import type { Layer, Release } from "@honua/contracts";
import type { ReleaseDocument } from "../../src/release/release-document.ts";

/** A layer of points in `public.<id>`, with the given changes. */
export function layerOf(id: string, overrides: Partial<Layer> = {}): Omit<Layer, "pointer"> {
  return {
    id,
    title: id,
    keywords: [],
    datasource: "main",
    table: { schema: "public", name: id },
    geometryColumn: "geom",
    geometryType: "Point",
    srid: 4326,
    properties: [],
    ...overrides,
  };
}

/** A property that may be null. */
export function propertyOf(
  name: string,
  type: Layer["properties"][number]["type"],
): Layer["properties"][number] {
  return { name, type, nullable: true };
}

/** A release of one service with one datasource, `main`, whose address is `${GIS}`. */
export function releaseOf(
  layers: Omit<Layer, "pointer">[],
  overrides: Partial<Release> = {},
): ReleaseDocument {
  const release: Release = {
    apiVersion: "honua.io/v1",
    kind: "Release",
    environment: "test",
    settings: { title: "Test", defaultLimit: 10, maxLimit: 10_000 },
    datasources: [
      {
        id: "main",
        pointer: "/datasources/0",
        type: "PostgreSQL",
        connectionString: "${GIS}",
        readOnly: true,
      },
    ],
    services: [
      {
        id: "service",
        pointer: "/services/0",
        title: "Service",
        keywords: [],
        layers: layers.map((layer, index) => ({
          ...layer,
          pointer: `/services/0/layers/${index}`,
        })),
      },
    ],
    ...overrides,
  };
  const text = JSON.stringify(release);
  return { digest: createHash("sha256").update(text).digest("hex"), text, release };
}
