import { createHash } from "node:crypto";
import type { CatalogColumn } from "./catalog.ts";

/** A sort column. Rows without a value come last in both directions. */
export interface OrderTerm {
  column: CatalogColumn;
  descending: boolean;
}

/** The start of a page: after or before the feature with these sort values, as text. */
export interface KeysetPosition {
  direction: "after" | "before";
  values: readonly (string | null)[];
}

/**
 * The terms followed by the key, which makes the order total: no two features have the same
 * position. Rows without a key are not features.
 */
export function totalOrder(sortby: readonly OrderTerm[], key: CatalogColumn): OrderTerm[] {
  const end = sortby.findIndex(({ column }) => column.name === key.name);
  const before = end === -1 ? sortby : sortby.slice(0, end);
  const descending = sortby[end]?.descending ?? false;
  return [...before, { column: key.notNull ? key : { ...key, notNull: true }, descending }];
}

/** Types whose text and JSON differ at most by quotation marks. */
const PLAIN_KEY_TYPES: ReadonlySet<string> = new Set(["int2", "int4", "int8", "uuid"]);

/**
 * True if the order is by the key alone, ascending, so that a feature's id is its keyset position.
 */
export function isKeysetPositionInId(terms: readonly OrderTerm[]): boolean {
  const [only, ...others] = terms;
  if (!only || others.length > 0 || only.descending) return false;
  return PLAIN_KEY_TYPES.has(only.column.type);
}

/** The keyset position, as JSON text, of a feature with this `id` in JSON. */
export function keysetPositionOfId(id: string): string {
  return id.startsWith('"') ? `[${id}]` : `["${id}"]`;
}

/**
 * Identifies an order, so that a cursor is rejected on a page with another order. Undefined for the
 * key alone, ascending, which is the order of most pages.
 */
export function orderFingerprint(terms: readonly OrderTerm[]): string | undefined {
  if (terms.length === 1 && !terms[0]?.descending) return undefined;
  const names = terms.map(({ column, descending }) => `${descending ? "-" : "+"}${column.name}`);
  return createHash("sha1").update(JSON.stringify(names)).digest("base64url").slice(0, 6);
}
