import { setTimeout } from "node:timers/promises";
import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { RawDatabase } from "../../src/index.ts";
import type { ByteRow } from "../../src/protocol/row-tap.ts";
import type { Statement } from "../../src/query/statement.ts";
import { type Batching, createBatching } from "../../src/query/statement-batcher.ts";
import { openTestDatabase } from "../support/raw-database.ts";

let created: TestDatabase;
let database: RawDatabase;
let observer: pg.Client;

beforeAll(async () => {
  created = await createDatabase();
  observer = new pg.Client(created.url);
  await observer.connect();
});
beforeEach(async () => {
  database = openTestDatabase(created.url, {
    // A quarter of them for batches: two.
    maxConnections: 8,
    waitMs: 5_000,
    statementTimeoutMs: 20_000,
  });
});
afterEach(() => database.close());
afterAll(async () => {
  await observer?.end();
  await created?.drop();
});

/** A short statement: its value, after some seconds, and the backend that answered. */
const ECHO =
  "select $1::int, pg_backend_pid() from (select pg_sleep($2::float8) offset 0) s where $1::int is not null";

async function ask(text: string, values: readonly unknown[], name = "s"): Promise<string[]> {
  const [row] = await database.queryBytes({ text, values, name, isShort: true });
  return (row ?? []).map(String);
}

const echo = (value: number, seconds = 0, name = "echo") => ask(ECHO, [value, seconds], name);
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Batching over two connections that a function answers for; those that are stopped stay silent. */
function batchingOver(
  answer: (
    statements: readonly Statement[],
    answered: (rows: readonly ByteRow[] | undefined) => void,
  ) => Promise<void>,
  stop: () => void = () => undefined,
): Batching {
  return createBatching({
    connections: {
      take: () => ({}) as pg.PoolClient,
      giveBack: () => undefined,
      hold: () => () => undefined,
      silentMs: () => 0,
      close: async () => undefined,
    },
    atOnce: 2,
    send: (_client, statements, answered) => answer(statements, answered),
    stop: () => {
      stop();
      return () => new Promise(() => undefined);
    },
    isBroken: () => true,
  });
}

it("gives each its own rows", async () => {
  for (const round of [1, 2]) {
    const answers = await Promise.all(numbers(150).map((n) => echo(n * round)));
    expect(answers.map(([value]) => Number(value))).toEqual(numbers(150).map((n) => n * round));
  }
});

it("sends what is asked for at the same moment together, a few batches at once", async () => {
  const batches: number[] = [];
  let underWay = 0;
  let most = 0;
  const batching = batchingOver(async (statements, answered) => {
    batches.push(statements.length);
    underWay += 1;
    most = Math.max(most, underWay);
    await setTimeout(5);
    for (const { values } of statements) answered([[Buffer.from(String(values[0]))]]);
    underWay -= 1;
  });
  const asked = numbers(40).map((n) => batching.ask({ text: "echo", values: [n] }));
  expect((await Promise.all(asked)).flat(2).map(String)).toEqual(numbers(40).map(String));
  expect([batches, most]).toEqual([[16, 16, 8], 2]);
});

it("fails one that fails, with its reason, and none of the others", async () => {
  const asked = numbers(40).map((n) => ask("select 100 / ($1::int - 20)", [n], "divide"));
  const answers = await Promise.allSettled(asked);
  expect(answers[20]).toMatchObject({ status: "rejected", reason: { code: "bad-value" } });
  for (const n of numbers(40)) {
    if (n === 20) continue;
    const value = [String(Math.trunc(100 / (n - 20)))];
    expect(answers[n]).toEqual({ status: "fulfilled", value });
  }
});

it("says of every one what is wrong when their statement is refused, and takes it once it is right", async () => {
  const text = "select $1::int + n from made_later";
  const asked = numbers(20).map((n) => ask(text, [n], "later"));
  for (const answer of await Promise.allSettled(asked)) {
    expect(answer).toMatchObject({ status: "rejected", reason: { code: "table-changed" } });
  }
  await observer.query("create table made_later as select 5 as n");
  const sums = await Promise.all(numbers(20).map((n) => ask(text, [n], "later")));
  expect(sums).toEqual(numbers(20).map((n) => [String(n + 5)]));
});

it("does not let others wait for one that takes long, which then goes alone", async () => {
  const ended: number[] = [];
  const note = async (value: number, seconds: number, name: string) => {
    const answer = await echo(value, seconds, name);
    ended.push(value);
    return answer;
  };
  const slow = "select $1::int, pg_backend_pid() from (select pg_sleep($2::float8) offset 0) s";
  const ask0 = ask(slow, [0, 2], "slow").then((answer) => {
    ended.push(0);
    return answer;
  });
  const others = numbers(15).map((n) => note(n + 1, 0, "echo"));
  await Promise.all(others);
  expect(ended).not.toContain(0);
  expect((await ask0)[0]).toBe("0");
  // What it was stopped at has ended: only the second attempt ran to its end.
  const running = "select 1 from pg_stat_activity where state = 'active' and query like $1";
  await eventually("nothing runs any more", async () => {
    const { rowCount } = await observer.query(running, [`${slow}%`]);
    return rowCount === 0;
  });
  const [again, ...quick] = await Promise.all([
    ask(slow, [7, 0.2], "slow"),
    ...numbers(10).map((n) => echo(n)),
  ]);
  expect(again?.[0]).toBe("7");
  expect(quick.map(([value]) => Number(value))).toEqual(numbers(10));
  expect(quick.map(([, backend]) => backend)).not.toContain(again?.[1]);
});

it("answers all when their connection is lost in the middle", async () => {
  const asked = numbers(40).map((n) => echo(n, 0.02));
  await eventually("some are under way", async () => {
    const { rowCount } = await observer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'honua-pg-raw-test' and state = 'active' and datname = current_database()`,
    );
    return rowCount !== 0;
  });
  const answers = await Promise.all(asked);
  expect(answers.map(([value]) => Number(value))).toEqual(numbers(40));
});

it("turns away what there is no room for, and goes on", async () => {
  const answers = await Promise.allSettled(numbers(400).map((n) => echo(n)));
  const refused = answers.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer).toMatchObject({ reason: { code: "database-busy" } });
  }
  for (const [n, answer] of answers.entries()) {
    if (answer.status === "fulfilled") expect(answer.value[0]).toBe(String(n));
  }
  expect((await echo(1))[0]).toBe("1");
});

it("goes on over others while a connection is silent", async () => {
  const sent: string[] = [];
  let stopped = 0;
  const batching = batchingOver(
    async (statements, answered) => {
      sent.push(...statements.map(({ text }) => text));
      if (statements.some(({ text }) => text.endsWith("lost"))) return new Promise(() => undefined);
      for (const { values } of statements) answered([[Buffer.from(String(values[0]))]]);
    },
    () => {
      stopped += 1;
    },
  );
  // As many as may be under way at once.
  for (const name of ["lost", "also lost"]) {
    const lost = batching.ask({ text: name, values: [] });
    const behind = batching.ask({ text: "echo", values: [1] });
    expect([await lost, await behind]).toEqual([undefined, undefined]);
  }
  expect(await batching.ask({ text: "echo", values: [2] })).toEqual([[Buffer.from("2")]]);
  expect(stopped).toBe(2);
  // What stalled goes alone from now on.
  expect(await batching.ask({ text: "lost", values: [] })).toBeUndefined();
  expect(sent).toEqual(["lost", "echo", "also lost", "echo", "echo"]);
});

it("leaves to others what took long, for a while", async () => {
  let batches = 0;
  const batching = batchingOver(async (_statements, answered) => {
    batches += 1;
    await setTimeout(70);
    answered([[Buffer.from("1")]]);
  });
  const statement = { text: "long", values: [] };
  expect(await batching.ask(statement)).toEqual([[Buffer.from("1")]]);
  expect(await batching.ask(statement)).toBeUndefined();
  expect(batches).toBe(1);
});

it("waits for a connection while long statements have all of them", async () => {
  const long = numbers(8).map(() =>
    database.query({ text: "select pg_sleep(0.5)", values: [] }).then(() => "long"),
  );
  const short = echo(1).then(([value]) => value);
  expect(await Promise.race([...long, short])).toBe("long");
  expect(await short).toBe("1");
  await Promise.all(long);
});
