import { type OrderTerm, orderFingerprint } from "../layer/sort-order.ts";
import { identifier, literal } from "./identifier.ts";

/** What stands after `order by`; backwards gives exactly the opposite order. */
export function orderSql(
  terms: readonly OrderTerm[],
  options: { row: string; backwards: boolean },
): string {
  return terms
    .map(({ column, descending }) => {
      const name = `${options.row}.${identifier(column.name)}`;
      const falls = descending !== options.backwards;
      // What is written is only what differs from PostgreSQL's defaults, which indexes have too.
      const nulls = column.notNull || !descending ? "" : ` nulls ${falls ? "last" : "first"}`;
      return `${name}${falls ? " desc" : ""}${nulls}`;
    })
    .join(", ");
}

/** The place of a row, as JSON text: its values, and before them the order that they belong to. */
export function keysetPositionSql(terms: readonly OrderTerm[], row: string): string {
  const names = terms.map(({ column }) => `${row}.${identifier(column.name)}::text`);
  const name = orderFingerprint(terms);
  const first = name === undefined ? [] : [literal(name)];
  return `to_json(array[${[...first, ...names].join(", ")}])::text`;
}
