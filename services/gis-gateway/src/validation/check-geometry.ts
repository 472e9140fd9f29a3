import type { Layer } from "@honua/contracts";
import type { CatalogColumn, CatalogTable } from "../layer/catalog.ts";
import {
  isGenericGeometryType,
  simpleFeatureType,
  UNSUPPORTED_GEOMETRY_TYPES,
} from "../layer/geometry-type.ts";
import type { ReferenceSystem } from "../layer/reference-system.ts";
import type { GeometrySample } from "./geometry-sample.ts";
import type { ReportIssue } from "./report-issue.ts";

const SPATIAL_INDEX_METHODS = new Set(["gist", "spgist", "brin"]);

/** Compares the configured geometry type and SRID with the column's type, or with sampled rows. */
export function checkGeometry(options: {
  layer: Layer;
  table: CatalogTable;
  geometry: CatalogColumn;
  sample: GeometrySample | undefined;
  referenceSystem: ReferenceSystem | undefined;
  addProblem: ReportIssue;
  addWarning: ReportIssue;
}): void {
  const { layer, table, geometry, sample, addProblem, addWarning } = options;
  const shown = `${table.schema}.${table.name}`;
  if (!geometry.geometry) {
    const geography = geometry.type === "geography";
    addProblem(
      "column-not-geometry",
      "/geometryColumn",
      `Column "${geometry.name}" of ${shown} is ${geometry.sqlType}, not geometry.`,
      geography ? `serve a view that selects "${geometry.name}"::geometry` : undefined,
    );
    return;
  }

  const promised = geometry.geometry;
  const types = isGenericGeometryType(promised.type) ? (sample?.types ?? []) : [promised.type];
  const plain = [...new Set(types.map(simpleFeatureType))];
  const unsupported = plain.filter((type) => UNSUPPORTED_GEOMETRY_TYPES.includes(type));
  const others = plain.filter((type) => !fits(type, layer));
  if (unsupported.length > 0) {
    addProblem(
      "geometry-type-unsupported",
      "/geometryColumn",
      `${shown}.${geometry.name} holds ${unsupported.join(", ")}, which none of the served formats supports.`,
      `serve a view that selects st_collectionextract(${geometry.name}, 3)`,
    );
  } else if (others.length > 0) {
    addProblem(
      "geometry-type-mismatch",
      "/geometryType",
      `${shown}.${geometry.name} holds ${others.join(", ")}; geometryType is ${layer.geometryType}.`,
      others.length === 1 && types.length === 1 ? others[0] : "Geometry",
    );
  }

  const srids = promised.srid === 0 ? (sample?.srids ?? []) : [promised.srid];
  const wrong = srids.filter((srid) => srid !== layer.srid);
  if (wrong.length > 0) {
    addProblem(
      "srid-mismatch",
      "/srid",
      `${shown}.${geometry.name} has SRID ${wrong.join(", ")}; srid is ${layer.srid}.`,
      srids.length === 1 && wrong[0] !== 0 ? String(wrong[0]) : undefined,
    );
  }
  if (!options.referenceSystem) {
    addProblem(
      "srid-unknown",
      "/srid",
      `SRID ${layer.srid} is not in spatial_ref_sys of datasource "${layer.datasource}".`,
    );
  }

  const indexed = table.indexes.some(
    ({ method, columns }) => SPATIAL_INDEX_METHODS.has(method) && columns.includes(geometry.name),
  );
  if (!indexed && !table.isView) {
    addWarning(
      "no-spatial-index",
      "/geometryColumn",
      `${shown}.${geometry.name} has no spatial index. Every request with a bbox reads the whole table.`,
      `create index on ${shown} using gist (${geometry.name})`,
    );
  }
}

function fits(type: string, layer: Layer): boolean {
  return layer.geometryType === "Geometry" || layer.geometryType === type;
}
