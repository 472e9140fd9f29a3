import { createHash } from "node:crypto";
import type { CatalogColumn } from "./catalog.ts";

/** A column that pages are sorted by; rows without a value come last either way. */
export interface OrderTerm {
  column: CatalogColumn;
  descending: boolean;
}

/** Where a page starts: after or before a feature, which is named by its values as text. */
export interface KeysetPosition {
  direction: "after" | "before";
  values: readonly (string | null)[];
}

/**
 * The terms with the key at their end, so that no two features have the same place. Rows without a
 * key are no features.
 */
export function totalOrder(sortby: readonly OrderTerm[], key: CatalogColumn): OrderTerm[] {
  const end = sortby.findIndex(({ column }) => column.name === key.name);
  const before = end === -1 ? sortby : sortby.slice(0, end);
  const descending = sortby[end]?.descending ?? false;
  return [...before, { column: key.notNull ? key : { ...key, notNull: true }, descending }];
}

/** Types whose text is the same in JSON, but for the quotation marks. */
const PLAIN_KEYS: ReadonlySet<string> = new Set(["int2", "int4", "int8", "uuid"]);

/** True for an order in which a feature's id tells its place: by the key alone, rising. */
export function isKeysetPositionInId(terms: readonly OrderTerm[]): boolean {
  const [only, ...others] = terms;
  if (!only || others.length > 0 || only.descending) return false;
  return PLAIN_KEYS.has(only.column.type);
}

/** The place, as JSON text, of a feature whose `id` in JSON tells it. */
export function keysetPositionOfId(id: string): string {
  return id.startsWith('"') ? `[${id}]` : `["${id}"]`;
}

/**
 * Tells orders apart, so that a cursor of one is not read in another; undefined for the key alone,
 * rising, which is the order of most pages.
 */
export function orderFingerprint(terms: readonly OrderTerm[]): string | undefined {
  if (terms.length === 1 && !terms[0]?.descending) return undefined;
  const names = terms.map(({ column, descending }) => `${descending ? "-" : "+"}${column.name}`);
  return createHash("sha1").update(JSON.stringify(names)).digest("base64url").slice(0, 6);
}
