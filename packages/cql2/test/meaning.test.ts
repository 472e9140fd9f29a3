import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BooleanExpression, NumericExpression, ScalarExpression } from "../src/ast.ts";
import {
  type PropertyColumn,
  parseJsonText,
  parseText,
  toJson,
  toSql,
  toText,
} from "../src/index.ts";
import { holds, type SampleRow } from "./expected-rows.ts";

const NUMBERS = [-2, -1, 0, 1, 2, 3, null];
const TEXTS = ["a", "A", "ab", "a%", "a_", "O'Brien", "\\", "", "Ü", null];
const TRUTHS = [true, false, null];
/** Every string with every number, so that each combination of missing and present values occurs. */
const ROWS: SampleRow[] = TEXTS.flatMap((text, t) =>
  NUMBERS.map((number, n) => ({
    id: t * NUMBERS.length + n,
    n: number,
    m: NUMBERS[(n * 3 + t) % NUMBERS.length] ?? null,
    "s 'x\"": text,
    t: TEXTS[(t * 7 + n) % TEXTS.length] ?? null,
    b: TRUTHS[(t + n) % TRUTHS.length] ?? null,
  })),
);
const PROPERTIES = new Map<string, PropertyColumn>([
  ["n", { column: "n", type: "integer" }],
  ["m", { column: "m", type: "integer" }],
  ["s 'x\"", { column: "s 'x\"", type: "string" }],
  ["t", { column: "t", type: "string" }],
  ["b", { column: "b", type: "boolean" }],
]);

const property = (...names: string[]) =>
  fc.constantFrom(...names).map((name) => ({ kind: "property", name }) as const);
const numberLiteral = fc
  .constantFrom(...NUMBERS.filter((value) => value !== null))
  .map((value) => ({ kind: "number", text: String(value) }) as const);
const textLiteral = fc
  .constantFrom(...TEXTS.filter((value) => value !== null && value !== "\\"))
  .map((value) => ({ kind: "string", value: String(value) }) as const);
const pattern = fc
  .constantFrom("a%", "%a", "a\\%", "a_", "_", "%", "", "O'%", "\\\\%", "Ü", "[a]", "a.")
  .map((value) => ({ kind: "string", value }) as const);

const numeric = fc.letrec<{ term: NumericExpression }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 2 },
    property("n", "m"),
    numberLiteral,
    fc.record({
      kind: fc.constant("arithmetic" as const),
      op: fc.constantFrom("+" as const, "-", "*", "%", "div"),
      left: tie("term"),
      right: tie("term"),
    }),
  ),
})).term;
const plainText = fc.oneof(property("s 'x\"", "t"), textLiteral);
const text = fc.oneof(
  plainText,
  plainText.map((value) => ({ kind: "casei", value }) as const),
);
const truth = fc.oneof(
  property("b"),
  fc.boolean().map((value) => ({ kind: "boolean", value }) as const),
);
const list = (item: fc.Arbitrary<ScalarExpression>) =>
  fc
    .array(item, { minLength: 1, maxLength: 3 })
    .map((items) => items as [ScalarExpression, ...ScalarExpression[]]);
const compared = <Left extends ScalarExpression>(
  side: fc.Arbitrary<Left>,
  ...ops: ("=" | "<>" | "<" | "<=" | ">" | ">=")[]
) =>
  fc.record({
    kind: fc.constant("comparison" as const),
    op: fc.constantFrom(...ops),
    left: side,
    right: side,
  });

const filter = fc.letrec<{ any: BooleanExpression; leaf: BooleanExpression }>((tie) => ({
  leaf: fc.oneof(
    compared(numeric, "=", "<>", "<", "<=", ">", ">="),
    // The order of texts is the database's collation.
    compared(text, "=", "<>"),
    compared(truth, "=", "<>"),
    fc.record({ kind: fc.constant("in" as const), value: numeric, list: list(numeric) }),
    fc.record({ kind: fc.constant("in" as const), value: text, list: list(text) }),
    fc.record({
      kind: fc.constant("between" as const),
      value: numeric,
      lower: numeric,
      upper: numeric,
    }),
    fc.record({ kind: fc.constant("like" as const), value: plainText, pattern }),
    property("n", "m", "s 'x\"", "t", "b").map((value) => ({ kind: "isNull", value }) as const),
  ) as fc.Arbitrary<BooleanExpression>,
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie("leaf"),
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      args: fc
        .array(tie("any"), { minLength: 2, maxLength: 3 })
        .map((args) => args as [BooleanExpression, BooleanExpression, ...BooleanExpression[]]),
    }),
    tie("any")
      .filter(({ kind }) => kind !== "not")
      .map((arg) => ({ kind: "not", arg }) as const),
  ) as fc.Arbitrary<BooleanExpression>,
})).any;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    `create table samples (id int, n int, m int, "s 'x""" text, t text, b boolean)`,
  );
  for (const row of ROWS) {
    await client.query("insert into samples values ($1, $2, $3, $4, $5, $6)", Object.values(row));
  }
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function selected(expression: BooleanExpression): Promise<number[]> {
  const { text: where, values } = toSql(expression, {
    properties: PROPERTIES,
    firstParameter: 1,
    functions: { unaccent: false },
  });
  const { rows } = await client.query(`select id from samples where ${where} order by id`, [
    ...values,
  ]);
  return rows.map(({ id }) => id);
}

it("selects exactly the rows that the standard defines, for filters in text and in JSON", async () => {
  let some = 0;
  await fc.assert(
    fc.asyncProperty(filter, async (tree) => {
      const expected = ROWS.filter((row) => holds(tree, row) === true).map(({ id }) => id);
      const written = toText(tree);
      expect(await selected(parseText(written)), written).toEqual(expected);
      const json = JSON.stringify(toJson(tree));
      expect(await selected(parseJsonText(json)), json).toEqual(expected);
      if (expected.length > 0 && expected.length < ROWS.length) some += 1;
    }),
    { numRuns: 1_000 },
  );
  // Filters that hold for all or for nothing would prove little.
  expect(some).toBeGreaterThan(400);
}, 60_000);
