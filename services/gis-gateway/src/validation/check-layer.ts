import type { Layer, Problem } from "@honua/contracts";
import { Cql2Error } from "@honua/cql2";
import { closestWord } from "@honua/text";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { BoundProperty } from "../layer/bound-property.ts";
import type { CatalogColumn, CatalogTable } from "../layer/catalog.ts";
import { offeredSystems } from "../layer/offered-systems.ts";
import { servablePropertyTypes } from "../layer/property-type.ts";
import type { ReferenceSystem } from "../layer/reference-system.ts";
import { checkCrs } from "./check-crs.ts";
import { compileRestriction, invalidFilterMessage } from "./check-filter.ts";
import { checkGeometry } from "./check-geometry.ts";
import { checkOrder } from "./check-order.ts";
import { chooseKey } from "./choose-key.ts";
import type { GeometrySample } from "./geometry-sample.ts";
import type { ReportIssue } from "./report-issue.ts";

/** The facts about the database that the check of one layer needs. */
export interface LayerFacts {
  table: CatalogTable | undefined;
  /** Sampled rows; absent if the geometry column's type restricts type and SRID. */
  sample: GeometrySample | undefined;
  /** By SRID; without SRIDs that are not in the database. */
  referenceSystems: ReadonlyMap<number, ReferenceSystem>;
  /** Names of all tables, `schema.name`, for suggestions; empty if no table is missing. */
  otherTables: readonly string[];
  /** True if the database has the function `unaccent`. */
  unaccent: boolean;
}

/** The result of comparing one layer with its database. `bound` is set if there is no problem. */
export interface LayerCheck {
  problems: Problem[];
  warnings: Problem[];
  bound?: BoundLayer;
}

/** Compares a layer with its table and reports all differences. */
export function checkLayer(layer: Layer, facts: LayerFacts, file: string): LayerCheck {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const reportTo =
    (list: Problem[]): ReportIssue =>
    (code, place, message, suggestion) => {
      const suggestionField = suggestion === undefined ? {} : { suggestion };
      list.push({ code, message, file, pointer: `${layer.pointer}${place}`, ...suggestionField });
    };
  const addProblem = reportTo(problems);
  const addWarning = reportTo(warnings);

  const { table } = facts;
  const shown = `${layer.table.schema}.${layer.table.name}`;
  if (!table) {
    const close = closestWord(shown, facts.otherTables);
    addProblem(
      "table-not-found",
      "/table",
      `There is no table or view ${shown} in datasource "${layer.datasource}".${didYouMean(close)}`,
      close,
    );
    return { problems, warnings };
  }
  if (!table.readable) {
    addProblem(
      "table-not-readable",
      "/table",
      `The user of datasource "${layer.datasource}" may not read ${shown}.`,
      `grant select on ${shown} to that user`,
    );
    return { problems, warnings };
  }

  const find = (name: string, place: string): CatalogColumn | undefined => {
    const column = table.columns.get(name);
    if (column) return column;
    const close = closestWord(name, table.columns.keys());
    addProblem(
      "column-not-found",
      place,
      `Column "${name}" does not exist in ${shown}.${didYouMean(close)}`,
      close,
    );
    return undefined;
  };

  const geometry = find(layer.geometryColumn, "/geometryColumn");
  const referenceSystem = facts.referenceSystems.get(layer.srid);
  if (geometry) {
    checkGeometry({ layer, geometry, ...facts, referenceSystem, table, addProblem, addWarning });
  }
  checkCrs({ layer, referenceSystems: facts.referenceSystems, addProblem });
  const key = chooseKey({ layer, table, find, addProblem, addWarning });
  const properties = layer.properties.flatMap((property, index): BoundProperty[] => {
    const column = find(property.name, `/properties/${index}/name`);
    if (!column) return [];
    const [preferred, ...others] = servablePropertyTypes(column);
    if (preferred !== property.type && !others.includes(property.type)) {
      addProblem(
        "property-type-mismatch",
        `/properties/${index}/type`,
        `Column "${property.name}" of ${shown} is ${column.sqlType}, which cannot be served as ${property.type}.`,
        preferred,
      );
    }
    return [{ property, column }];
  });
  const temporal = checkTemporal(layer, find, addProblem);
  const order = key && checkOrder({ orderBy: layer.orderBy ?? [], properties, key, addProblem });
  const restriction = geometry && checkFilter(layer, { ...facts, table, geometry }, addProblem);

  if (problems.length > 0 || !geometry || !key || !referenceSystem) return { problems, warnings };
  return {
    problems,
    warnings,
    bound: {
      layer,
      table,
      geometry,
      storage: referenceSystem,
      offered: offeredSystems(layer, facts.referenceSystems),
      key,
      properties,
      ...(temporal ? { temporal } : {}),
      ...(order && order.length > 0 ? { order } : {}),
      ...(restriction ? { restriction } : {}),
      unaccent: facts.unaccent,
    },
  };
}

function checkFilter(
  layer: Layer,
  facts: { table: CatalogTable; geometry: CatalogColumn; unaccent: boolean },
  addProblem: ReportIssue,
): BoundLayer["restriction"] {
  try {
    return compileRestriction(layer, { ...facts, srid: layer.srid });
  } catch (error) {
    if (!(error instanceof Cql2Error)) throw error;
    addProblem("invalid-filter", "/filter", invalidFilterMessage(error));
    return undefined;
  }
}

/** Column types that can be compared with an instant. */
const TEMPORAL_TYPES = new Set(["date", "timestamp", "timestamptz"]);

function checkTemporal(
  layer: Layer,
  find: (name: string, place: string) => CatalogColumn | undefined,
  addProblem: ReportIssue,
): BoundLayer["temporal"] {
  if (layer.datetimeColumn === undefined) return undefined;
  const checked = (name: string, place: string) => {
    const column = find(name, place);
    if (column && !TEMPORAL_TYPES.has(column.type)) {
      addProblem(
        "column-not-temporal",
        place,
        `Column "${name}" is ${column.sqlType}; a datetimeColumn must be a date or a timestamp.`,
      );
    }
    return column;
  };
  if (typeof layer.datetimeColumn === "string") {
    const column = checked(layer.datetimeColumn, "/datetimeColumn");
    return column && { start: column, end: column };
  }
  const start = checked(layer.datetimeColumn.start, "/datetimeColumn/start");
  const end = checked(layer.datetimeColumn.end, "/datetimeColumn/end");
  return start && end && { start, end };
}

function didYouMean(close: string | undefined): string {
  return close === undefined ? "" : ` Did you mean "${close}"?`;
}
