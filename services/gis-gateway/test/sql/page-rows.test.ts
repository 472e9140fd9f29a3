import { BoundValues } from "@honua/pg-raw";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CatalogColumn } from "../../src/layer/catalog.ts";
import { type OrderTerm, totalOrder } from "../../src/layer/sort-order.ts";
import { orderSql } from "../../src/sql/order-sql.ts";
import { pageRowsSql } from "../../src/sql/page-rows.ts";

const column = (
  name: string,
  type: string,
  overrides: Partial<CatalogColumn> = {},
): CatalogColumn => ({
  name,
  type,
  sqlType: type,
  category: "N",
  isWhole: false,
  notNull: false,
  ...overrides,
});
const id = column("id", "int4", { notNull: true });
const rank = column("rank", "int4");
const low = column("low", "float8", { nullsLow: true });
const name = column("name", "text");
const size = column("size", "int4", { notNull: true });
const COLUMNS = [rank, low, name, size, id];

const rowOf = fc.record({
  rank: fc.option(fc.integer({ min: -2, max: 2 })),
  low: fc.option(fc.constantFrom("NaN", "-Infinity", "0.1", "2")),
  name: fc.option(fc.constantFrom("", "a", "B", "é")),
  size: fc.integer({ min: 0, max: 2 }),
});
const termOf = fc.record({ column: fc.constantFrom(...COLUMNS), descending: fc.boolean() });
const sortbyOf = fc.uniqueArray(termOf, {
  maxLength: 4,
  selector: (term: OrderTerm) => term.column.name,
});

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    "create temp table t (id int primary key, rank int, low float8, name text, size int not null)",
  );
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** The ids of the rows of a page. */
async function readIds(
  order: readonly OrderTerm[],
  overrides: Partial<Parameters<typeof pageRowsSql>[0]>,
): Promise<number[]> {
  const values = new BoundValues();
  const columns = COLUMNS.map((it) => `t."${it.name}"`).join(", ");
  const whole = { table: "t", columns, filters: [], order, place: undefined, limit: 9, offset: 0 };
  const text = pageRowsSql({ ...whole, ...overrides }, values);
  const { rows } = await client.query(text, [...values.all()]);
  return rows.map((row) => row.id);
}

describe("pageRowsSql", () => {
  it("returns the same rows as sorting the table and counting", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rowOf, { maxLength: 25 }),
        sortbyOf,
        fc.nat(24),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(3),
        async (rows, sortby, at, limit, offset) => {
          await client.query("truncate t");
          await client.query(
            `insert into t select n, r.rank, r.low::float8, r.name, r.size
             from rows from (json_to_recordset($1) as (rank int, low text, name text, size int))
               with ordinality as r (rank, low, name, size, n)`,
            [JSON.stringify(rows)],
          );
          const order = totalOrder(sortby, id);
          const values = order.map((term) => `t."${term.column.name}"::text`).join(", ");
          const sorted = await client.query({
            text: `select t.id, array[${values}] as values from t
              order by ${orderSql(order, { row: "t", backwards: false })}`,
          });
          const ids = sorted.rows.map((row) => row.id);
          expect(await readIds(order, { limit, offset })).toEqual(
            ids.slice(offset, offset + limit),
          );
          const found = sorted.rows[at];
          if (!found) return;
          const after = { direction: "after" as const, values: found.values };
          const rowsAfter = ids.slice(at + 1);
          expect(await readIds(order, { place: after, limit, offset })).toEqual(
            rowsAfter.slice(offset, offset + limit),
          );
          const before = { direction: "before" as const, values: found.values };
          const rowsBefore = ids.slice(0, at).toReversed();
          expect(await readIds(order, { place: before, limit })).toEqual(
            rowsBefore.slice(0, limit),
          );
          const even = { filters: ["t.id % 2 = 0"], limit };
          const evenRowsAfter = rowsAfter.filter((it) => it % 2 === 0);
          expect(await readIds(order, { ...even, place: after })).toEqual(
            evenRowsAfter.slice(0, limit),
          );
          expect(
            await readIds(order, { ...even, place: after, offset, plan: { fetchByKey: id } }),
          ).toEqual(evenRowsAfter.slice(offset, offset + limit));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("returns the same rows by key, whether or not the scanned rows fill the page", async () => {
    await client.query("truncate t");
    await client.query("insert into t select n, null, n, '', 0 from generate_series(1, 40) n");
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 41 })),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(3),
        fc.nat(40),
        fc.boolean(),
        async (selected, descending, from, limit, offset, scannedRows, isFetched) => {
          const sorted = selected.toSorted((a, b) => (descending ? b - a : a - b));
          const rowsAfter = sorted.filter(
            (it) => from === null || (descending ? it < from : it > from),
          );
          const filters = [`t.id = any('{${selected.join()}}')`];
          const place =
            from === null ? undefined : { direction: "after" as const, values: [`${from}`] };
          const plan = { scannedRows, ...(isFetched ? { fetchByKey: id } : {}) };
          const page = { filters, place, limit, offset, plan };
          const order = totalOrder([{ column: id, descending }], id);
          expect(await readIds(order, page)).toEqual(rowsAfter.slice(offset, offset + limit));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("returns rows without a value last in both directions", async () => {
    await client.query("truncate t");
    await client.query(
      "insert into t values (1, null, 1, 'a', 1), (2, 5, 1, 'a', 1), (3, null, 1, 'a', 1), (4, 7, 1, 'a', 1)",
    );
    const descending = totalOrder([{ column: rank, descending: true }], id);
    expect(await readIds(descending, {})).toEqual([4, 2, 1, 3]);
    expect(await readIds(totalOrder([{ column: rank, descending: false }], id), {})).toEqual([
      2, 4, 1, 3,
    ]);
  });

  it("reads one range without `or` if an index has the order", () => {
    const values = new BoundValues();
    const text = pageRowsSql(
      {
        table: "t",
        columns: "t.id",
        filters: [],
        order: totalOrder([{ column: size, descending: false }], id),
        place: { direction: "after", values: ["1", "2"] },
        limit: 11,
        offset: 0,
      },
      values,
    );
    expect(text).toBe(`select t.id
  from t t
    where (t."size", t."id") > ($1::int4, $2::int4)
  order by t."size", t."id"
  limit 11`);
  });
});
