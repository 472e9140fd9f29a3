import type { BoundValues } from "@honua/pg-raw";
import type { KeysetPosition, OrderTerm } from "../layer/sort-order.ts";
import { identifier } from "./identifier.ts";
import { orderSql } from "./order-sql.ts";

/** Rows of a table `t` that follow one another, and that an index can give in this order. */
export interface PageRange {
  conditions: readonly string[];
  /** What stands after `order by`. */
  order: string;
}

/** A term, and the value that a place has of it: a placeholder, or undefined for none. */
interface PositionTerm {
  term: OrderTerm;
  name: string;
  value: string | undefined;
}

/**
 * The ranges that a page is read from, one after the other: after a place, before it, or from the
 * start. There is one for most orders. A condition with `or` would say the same as several, but no
 * index starts at one: rows that come before the place would all be read and left out.
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

/** Indexes have rows without a value at one end, which may be the wrong one: those are a range too. */
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
  // Rows without a value come last: after all with one, and first when read backwards.
  if (backwards && value === undefined) ranges.push(known(`${name} is not null`));
  if (!backwards && value !== undefined) {
    const order = orderSql(terms.slice(1), { row: "t", backwards });
    ranges.push({ conditions: [`${name} is null`], order });
  }
  return ranges;
}

/**
 * True where rows can be compared as a whole, those with a value of the first term. An index then
 * starts at the very row.
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

/** An order of rows that all have a value of the first term, as an index on it has them. */
function nonNullOrder(terms: readonly OrderTerm[], backwards: boolean): string {
  const [first, ...rest] = terms;
  if (!first) return "";
  const falls = first.descending !== backwards;
  const nulls = sortsNullsLow(first) ? ` nulls ${falls ? "last" : "first"}` : "";
  const others = rest.length === 0 ? "" : `, ${orderSql(rest, { row: "t", backwards })}`;
  return `${columnSql(first)}${falls ? " desc" : ""}${nulls}${others}`;
}

function sortsNullsLow({ column }: OrderTerm): boolean {
  return column.notNull ? false : column.nullsLow === true;
}

function columnSql({ column }: OrderTerm): string {
  return `t.${identifier(column.name)}`;
}
