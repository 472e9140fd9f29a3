import type { BoundValues } from "@honua/pg-raw";
import type { KeysetPosition, OrderTerm } from "../layer/sort-order.ts";
import { identifier } from "./identifier.ts";
import { orderSql } from "./order-sql.ts";

/** Consecutive rows of a table `t` that an index can return in this order. */
export interface PageRange {
  conditions: readonly string[];
  /** The terms after `order by`. */
  order: string;
}

/** A sort term and its value in a keyset position: a placeholder, or undefined for null. */
interface PositionTerm {
  term: OrderTerm;
  name: string;
  value: string | undefined;
}

/**
 * The ranges that a page is read from in sequence: after a keyset position, before it, or from the
 * start. Most orders need one range. One condition with `or` would be equivalent to several ranges,
 * but an index scan cannot start at it: all rows before the position would be read and discarded.
 *
 * @param terms a total order, whose last column is never null
 */
export function pageRanges(
  terms: readonly OrderTerm[],
  place: KeysetPosition | undefined,
  values: BoundValues,
): PageRange[] {
  if (!place) return rangesFromStart(terms);
  const backwards = place.direction === "before";
  const bounds = terms.map((term, index): PositionTerm => {
    const text = place.values[index];
    const value = text == null ? undefined : `${values.add(text)}::${term.column.sqlType}`;
    return { term, name: columnSql(term), value };
  });
  return rangesBeyond(bounds, backwards);
}

/**
 * An index may have its nulls at the wrong end. Rows without a value are then a range of their own.
 */
function rangesFromStart(terms: readonly OrderTerm[]): PageRange[] {
  const [first, ...rest] = terms;
  const all = orderSql(terms, { row: "t", backwards: false });
  if (!first || first.column.notNull || first.descending === sortsNullsLow(first)) {
    return [{ conditions: [], order: all }];
  }
  return [
    { conditions: [`${columnSql(first)} is not null`], order: nonNullOrder(terms, false) },
    {
      conditions: [`${columnSql(first)} is null`],
      order: orderSql(rest, { row: "t", backwards: false }),
    },
  ];
}

function rangesBeyond(bounds: readonly PositionTerm[], backwards: boolean): PageRange[] {
  const [first, ...rest] = bounds;
  if (!first) return [];
  const { term, name, value } = first;
  const terms = bounds.map((bound) => bound.term);
  const known = (condition: string): PageRange => ({
    conditions: [condition],
    order: nonNullOrder(terms, backwards),
  });
  const ranges: PageRange[] = [];
  const comparison = term.descending !== backwards ? "<" : ">";
  if (value !== undefined && isRowComparable(bounds)) {
    ranges.push(
      known(`${rowExpression(bounds, "name")} ${comparison} ${rowExpression(bounds, "value")}`),
    );
  } else {
    const same = value === undefined ? `${name} is null` : `${name} = ${value}`;
    for (const range of rangesBeyond(rest, backwards)) {
      ranges.push({ ...range, conditions: [same, ...range.conditions] });
    }
    if (value !== undefined) ranges.push(known(`${name} ${comparison} ${value}`));
  }
  if (term.column.notNull) return ranges;
  // Rows without a value come last, and first when the page is read backwards.
  if (backwards && value === undefined) ranges.push(known(`${name} is not null`));
  if (!backwards && value !== undefined) {
    const order = orderSql(terms.slice(1), { row: "t", backwards });
    ranges.push({ conditions: [`${name} is null`], order });
  }
  return ranges;
}

/**
 * True if a row comparison of all terms selects the range. An index scan then starts at the exact
 * row.
 */
function isRowComparable([first, ...rest]: readonly PositionTerm[]): boolean {
  return rest.every(
    ({ term, value }) =>
      term.column.notNull && value !== undefined && term.descending === first?.term.descending,
  );
}

function rowExpression(bounds: readonly PositionTerm[], member: "name" | "value"): string {
  const parts = bounds.map((bound) => bound[member]);
  return parts.length === 1 ? `${parts[0]}` : `(${parts.join(", ")})`;
}

/** The index order of rows that all have a value of the first term. */
function nonNullOrder(terms: readonly OrderTerm[], backwards: boolean): string {
  const [first, ...rest] = terms;
  if (!first) return "";
  const isDescending = first.descending !== backwards;
  const nulls = sortsNullsLow(first) ? ` nulls ${isDescending ? "last" : "first"}` : "";
  const others = rest.length === 0 ? "" : `, ${orderSql(rest, { row: "t", backwards })}`;
  return `${columnSql(first)}${isDescending ? " desc" : ""}${nulls}${others}`;
}

function sortsNullsLow({ column }: OrderTerm): boolean {
  return column.notNull ? false : column.nullsLow === true;
}

function columnSql({ column }: OrderTerm): string {
  return `t.${identifier(column.name)}`;
}
