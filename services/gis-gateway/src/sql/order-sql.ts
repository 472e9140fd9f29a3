import { type OrderTerm, orderFingerprint } from "../layer/sort-order.ts";
import { identifier, literal } from "./identifier.ts";

/** The terms after `order by`. `backwards` reverses the order exactly. */
export function orderSql(
  terms: readonly OrderTerm[],
  options: { row: string; backwards: boolean },
): string {
  return terms
    .map(({ column, descending }) => {
      const name = `${options.row}.${identifier(column.name)}`;
      const isDescending = descending !== options.backwards;
      // Only deviations from PostgreSQL's defaults are written, because indexes have the defaults
      // too.
      const nulls =
        column.notNull || !descending ? "" : ` nulls ${isDescending ? "last" : "first"}`;
      return `${name}${isDescending ? " desc" : ""}${nulls}`;
    })
    .join(", ");
}

/** The keyset position of a row as JSON text: the fingerprint of the order, then the values. */
export function keysetPositionSql(terms: readonly OrderTerm[], row: string): string {
  const names = terms.map(({ column }) => `${row}.${identifier(column.name)}::text`);
  const name = orderFingerprint(terms);
  const first = name === undefined ? [] : [literal(name)];
  return `to_json(array[${[...first, ...names].join(", ")}])::text`;
}
