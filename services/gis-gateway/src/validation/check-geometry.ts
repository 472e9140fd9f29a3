import type { Layer } from "@honua/contracts";
import type { CatalogColumn, CatalogTable } from "../layer/catalog.ts";
import type { ReferenceSystem } from "../layer/reference-system.ts";
import type { ReportIssue } from "./check-layer.ts";
import type { GeometrySample } from "./geometry-sample.ts";

const SPATIAL_INDEX_METHODS = new Set(["gist", "spgist", "brin"]);

/** Compares the declared geometry type and SRID with the column's type, or with some of its rows. */
export function checkGeometry(options: {
  layer: Layer;
  table: CatalogTable;
  geometry: CatalogColumn;
  sample: GeometrySample | undefined;
  referenceSystem: ReferenceSystem | undefined;
  problem: ReportIssue;
  warning: ReportIssue;
}): void {
  const { layer, table, geometry, sample, problem, warning } = options;
  const shown = `${table.schema}.${table.name}`;
  if (!geometry.geometry) {
    const geography = geometry.type === "geography";
    problem(
      "column-not-geometry",
      "/geometryColumn",
      `column "${geometry.name}" of ${shown} is ${geometry.sqlType}, not geometry`,
      geography ? `serve a view that selects "${geometry.name}"::geometry` : undefined,
    );
    return;
  }

  const promised = geometry.geometry;
  const types = isGenericGeometryType(promised.type) ? (sample?.types ?? []) : [promised.type];
  const plain = [...new Set(types.map(simpleFeatureType))];
  const unserved = plain.filter((type) => UNSUPPORTED_TYPES.includes(type));
  const others = plain.filter((type) => !fits(type, layer));
  if (unserved.length > 0) {
    problem(
      "geometry-type-unsupported",
      "/geometryColumn",
      `${shown}.${geometry.name} holds ${unserved.join(", ")}, which no format that is served can hold`,
      `serve a view that selects st_collectionextract(${geometry.name}, 3)`,
    );
  } else if (others.length > 0) {
    problem(
      "geometry-type-mismatch",
      "/geometryType",
      `${shown}.${geometry.name} holds ${others.join(", ")}, the configuration says ${layer.geometryType}`,
      others.length === 1 && types.length === 1 ? others[0] : "Geometry",
    );
  }

  const srids = promised.srid === 0 ? (sample?.srids ?? []) : [promised.srid];
  const wrong = srids.filter((srid) => srid !== layer.srid);
  if (wrong.length > 0) {
    problem(
      "srid-mismatch",
      "/srid",
      `${shown}.${geometry.name} has SRID ${wrong.join(", ")}, the configuration says ${layer.srid}`,
      srids.length === 1 && wrong[0] !== 0 ? String(wrong[0]) : undefined,
    );
  }
  if (!options.referenceSystem) {
    problem(
      "srid-unknown",
      "/srid",
      `SRID ${layer.srid} is not in spatial_ref_sys of datasource "${layer.datasource}"`,
    );
  }

  const indexed = table.indexes.some(
    ({ method, columns }) => SPATIAL_INDEX_METHODS.has(method) && columns.includes(geometry.name),
  );
  if (!indexed && !table.isView) {
    warning(
      "no-spatial-index",
      "/geometryColumn",
      `${shown}.${geometry.name} has no spatial index; every request with a bbox reads the whole table`,
      `create index on ${shown} using gist (${geometry.name})`,
    );
  }
}

/** True when the type of a column leaves open what its rows hold. */
export function isGenericGeometryType(type: string): boolean {
  return simpleFeatureType(type) === "Geometry";
}

const SIMPLE_FEATURE_TYPES = [
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
  "Geometry",
];

/** What types with arcs are served as. */
const LINEARIZED_TYPES: Readonly<Record<string, string>> = {
  circularstring: "LineString",
  compoundcurve: "LineString",
  curvepolygon: "Polygon",
  multicurve: "MultiLineString",
  multisurface: "MultiPolygon",
};

const UNSUPPORTED_TYPES = ["PolyhedralSurface", "Tin", "Triangle"];

/** `POINTZ`, `PointZM` and `POINT` are all `Point`; what no layer can declare stays as it is. */
export function simpleFeatureType(type: string): string {
  const bare = type.replace(/Z?M?$/i, "").toLowerCase();
  const named = [...SIMPLE_FEATURE_TYPES, ...UNSUPPORTED_TYPES];
  const known = named.find((name) => name.toLowerCase() === bare);
  return known ?? LINEARIZED_TYPES[bare] ?? type;
}

function fits(type: string, layer: Layer): boolean {
  return layer.geometryType === "Geometry" || layer.geometryType === type;
}
