import type { CatalogIndex, CatalogTable } from "./catalog.ts";

/** True if the column alone identifies a row and an index finds that row. */
export function hasUniqueIndex(table: CatalogTable, name: string): boolean {
  return table.indexes.some((index) => uniqueColumn(index) === name);
}

/** The only column of a unique index; undefined for other indexes. */
export function uniqueColumn({ unique, columns }: CatalogIndex): string | undefined {
  return unique && columns.length === 1 ? columns[0] : undefined;
}
