import type { Layer } from "@honua/contracts";
import type { CatalogColumn, CatalogTable } from "../layer/catalog.ts";
import { hasUniqueIndex, uniqueColumn } from "../layer/unique-index.ts";
import type { ReportIssue } from "./report-issue.ts";

/** Types whose order and text form are suitable for keyset cursors and feature ids. */
const KEY_TYPES = new Set([
  "int2",
  "int4",
  "int8",
  "numeric",
  "text",
  "varchar",
  "bpchar",
  "citext",
  "uuid",
  "date",
  "timestamp",
  "timestamptz",
]);

/**
 * Chooses the column that identifies a feature: the configured one, else the primary key, else the
 * only column with a unique index.
 */
export function chooseKey(options: {
  layer: Layer;
  table: CatalogTable;
  find: (name: string, place: string) => CatalogColumn | undefined;
  addProblem: ReportIssue;
  addWarning: ReportIssue;
}): CatalogColumn | undefined {
  const { layer, table, addProblem, addWarning } = options;
  const shown = `${table.schema}.${table.name}`;
  const name = layer.idColumn ?? impliedKey();
  if (name === undefined) return undefined;
  const column = options.find(name, "/idColumn");
  if (!column) return undefined;

  if (!KEY_TYPES.has(column.type)) {
    addProblem(
      "id-type-unusable",
      "/idColumn",
      `Column "${name}" of ${shown} is ${column.sqlType}; an id must be a number, a text, a UUID, a date or a timestamp.`,
    );
  } else if (!hasUniqueIndex(table, name) && layer.idColumn !== undefined) {
    addWarning(
      "id-not-unique",
      "/idColumn",
      table.isView
        ? `The database does not guarantee that "${name}" of the view ${shown} is unique. Paging skips rows with the same id.`
        : `"${name}" of ${shown} has no unique index. Paging skips rows with the same id and sorts the table for each page.`,
    );
  }
  return column;

  function impliedKey(): string | undefined {
    const primary = table.indexes.find((index) => index.primary);
    if (primary?.columns.length === 1) return primary.columns[0];
    const unique = [...new Set(table.indexes.flatMap((index) => uniqueColumn(index) ?? []))];
    if (unique.length === 1) return unique[0];
    addProblem("id-column-needed", "", noKeyMessage(primary?.columns, unique), "add an idColumn");
    return undefined;
  }

  function noKeyMessage(primary: readonly string[] | undefined, unique: readonly string[]): string {
    if (primary) {
      return `The primary key of ${shown} has several columns (${primary.join(", ")}). Set idColumn to a unique column.`;
    }
    if (unique.length > 1) {
      return `${shown} has no primary key and several unique columns (${unique.join(", ")}). Set idColumn to one of them.`;
    }
    return `${shown} has neither a primary key nor a unique column. Set idColumn to a column that identifies a feature.`;
  }
}
