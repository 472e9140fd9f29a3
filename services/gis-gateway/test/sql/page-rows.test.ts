import { BoundValues } from "@honua/pg-raw";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CatalogColumn } from "../../src/layer/catalog.ts";
import { type OrderTerm, totalOrder } from "../../src/layer/sort-order.ts";
import { orderSql } from "../../src/sql/order-sql.ts";
import { pageRowsSql } from "../../src/sql/page-rows.ts";

const column = (name: string, type: string, over: Partial<CatalogColumn> = {}): CatalogColumn => ({
  name,
  type,
  sqlType: type,
  category: "N",
  isWhole: false,
  notNull: false,
  ...over,
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

/** The rows of a page, by id. */
async function read(
  order: readonly OrderTerm[],
  over: Partial<Parameters<typeof pageRowsSql>[0]>,
): Promise<number[]> {
  const values = new BoundValues();
  const columns = COLUMNS.map((it) => `t."${it.name}"`).join(", ");
  const whole = { table: "t", columns, filters: [], order, place: undefined, limit: 9, offset: 0 };
  const text = pageRowsSql({ ...whole, ...over }, values);
  const { rows } = await client.query(text, [...values.all()]);
  return rows.map((row) => row.id);
}

describe("the rows of a page", () => {
  it("are those that sorting everything and counting them off gives", async () => {
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
          expect(await read(order, { limit, offset })).toEqual(ids.slice(offset, offset + limit));
          const found = sorted.rows[at];
          if (!found) return;
          const after = { direction: "after" as const, values: found.values };
          const behind = ids.slice(at + 1);
          expect(await read(order, { place: after, limit, offset })).toEqual(
            behind.slice(offset, offset + limit),
          );
          const before = { direction: "before" as const, values: found.values };
          const ahead = ids.slice(0, at).toReversed();
          expect(await read(order, { place: before, limit })).toEqual(ahead.slice(0, limit));
          const even = { filters: ["t.id % 2 = 0"], limit };
          const evenBehind = behind.filter((it) => it % 2 === 0);
          expect(await read(order, { ...even, place: after })).toEqual(evenBehind.slice(0, limit));
          expect(
            await read(order, { ...even, place: after, offset, plan: { fetchByKey: id } }),
          ).toEqual(evenBehind.slice(offset, offset + limit));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("are the same by key, whether or not those at the start have enough of them", async () => {
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
        async (wanted, descending, from, limit, offset, tried, isFetched) => {
          const sorted = wanted.toSorted((a, b) => (descending ? b - a : a - b));
          const behind = sorted.filter(
            (it) => from === null || (descending ? it < from : it > from),
          );
          const filters = [`t.id = any('{${wanted.join()}}')`];
          const place =
            from === null ? undefined : { direction: "after" as const, values: [`${from}`] };
          const choice = { tried, ...(isFetched ? { fetchBy: id } : {}) };
          const page = { filters, place, limit, offset, choice };
          const order = totalOrder([{ column: id, descending }], id);
          expect(await read(order, page)).toEqual(behind.slice(offset, offset + limit));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("come last where they have no value, and first for no other reason", async () => {
    await client.query("truncate t");
    await client.query(
      "insert into t values (1, null, 1, 'a', 1), (2, 5, 1, 'a', 1), (3, null, 1, 'a', 1), (4, 7, 1, 'a', 1)",
    );
    const falling = totalOrder([{ column: rank, descending: true }], id);
    expect(await read(falling, {})).toEqual([4, 2, 1, 3]);
    expect(await read(totalOrder([{ column: rank, descending: false }], id), {})).toEqual([
      2, 4, 1, 3,
    ]);
  });

  it("are one range of the table, whose condition has no `or`, wherever an index has them so", () => {
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
