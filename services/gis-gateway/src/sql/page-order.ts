import { createHash } from "node:crypto";
import type { CatalogColumn } from "../check/catalog.ts";
import type { BoundValues } from "../database/statement.ts";
import { identifier, literal } from "./identifier.ts";

/** A column that pages are sorted by; rows without a value come last either way. */
export interface OrderTerm {
  column: CatalogColumn;
  descending: boolean;
}

/** Where a page starts: after or before a feature, which is named by its values as text. */
export interface Place {
  direction: "after" | "before";
  values: readonly (string | null)[];
}

/** The terms with the key at their end, so that no two features have the same place. */
export function totalOrder(sortby: readonly OrderTerm[], key: CatalogColumn): OrderTerm[] {
  const end = sortby.findIndex(({ column }) => column.name === key.name);
  if (end !== -1) return sortby.slice(0, end + 1);
  return [...sortby, { column: key, descending: false }];
}

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

/** SQL that is true for the rows after, or before, a place. */
export function beyondSql(terms: readonly OrderTerm[], place: Place, values: BoundValues): string {
  const backwards = place.direction === "before";
  if (isOneWay(terms)) {
    const names = terms.map(({ column }) => `t.${identifier(column.name)}`);
    const bound = terms.map(
      ({ column }, index) => `${values.add(place.values[index])}::${column.sqlType}`,
    );
    const comparison = terms[0]?.descending !== backwards ? "<" : ">";
    return `(${names.join(", ")}) ${comparison} (${bound.join(", ")})`;
  }
  const conditions = terms.map(({ column, descending }, index) => {
    const name = `t.${identifier(column.name)}`;
    const text = place.values[index];
    const value = text == null ? undefined : `${values.add(text)}::${column.sqlType}`;
    const comparison = descending !== backwards ? "<" : ">";
    if (value === undefined) {
      return { beyond: backwards ? `${name} is not null` : "false", same: `${name} is null` };
    }
    const compared = `${name} ${comparison} ${value}`;
    const beyond = column.notNull || backwards ? compared : `(${compared} or ${name} is null)`;
    return { beyond, same: `${name} = ${value}`, within: `${name} ${comparison}= ${value}` };
  });
  const nested = conditions.reduceRight(
    (rest, { beyond, same }) => (rest === "" ? beyond : `(${beyond} or (${same} and ${rest}))`),
    "",
  );
  // An index on the first column starts here; the rest decides among equals.
  const [first] = conditions;
  const starts = terms.length > 1 && terms[0]?.column.notNull ? `${first?.within} and ` : "";
  return `${starts}${nested}`;
}

/**
 * True for several terms that rows can be compared by as a whole. An index then starts at the very
 * row, where conditions column by column would read all rows with the same first value before it.
 */
function isOneWay(terms: readonly OrderTerm[]): boolean {
  const [first] = terms;
  const isSame = ({ column, descending }: OrderTerm) =>
    column.notNull && descending === first?.descending;
  return terms.length > 1 && terms.every(isSame);
}

/** The place of a row, as JSON text: its values, and before them the order that they belong to. */
export function placeSql(terms: readonly OrderTerm[], row: string): string {
  const names = terms.map(({ column }) => `${row}.${identifier(column.name)}::text`);
  const name = orderName(terms);
  const first = name === undefined ? [] : [literal(name)];
  return `to_json(array[${[...first, ...names].join(", ")}])::text`;
}

/** Types whose text is the same in JSON, but for the quotation marks. */
const PLAIN_KEYS: ReadonlySet<string> = new Set(["int2", "int4", "int8", "uuid"]);

/** SQL for what `placeOfLine` makes the place of a row of: text on one line, short for most keys. */
export function placeLineSql(terms: readonly OrderTerm[], row: string): string {
  const plain = plainKey(terms);
  return plain ? `${row}.${identifier(plain.name)}::text` : placeSql(terms, row);
}

/** The place, as JSON text, that a line stands for. */
export function placeOfLine(terms: readonly OrderTerm[], line: string): string {
  return plainKey(terms) ? `["${line}"]` : line;
}

function plainKey(terms: readonly OrderTerm[]): CatalogColumn | undefined {
  const [only, ...others] = terms;
  const isPlain = only && others.length === 0 && !only.descending;
  return isPlain && PLAIN_KEYS.has(only.column.type) ? only.column : undefined;
}

/**
 * Tells orders apart, so that a cursor of one is not read in another; undefined for the key alone,
 * rising, which is the order of most pages.
 */
export function orderName(terms: readonly OrderTerm[]): string | undefined {
  if (terms.length === 1 && !terms[0]?.descending) return undefined;
  const names = terms.map(({ column, descending }) => `${descending ? "-" : "+"}${column.name}`);
  return createHash("sha1").update(JSON.stringify(names)).digest("base64url").slice(0, 6);
}
