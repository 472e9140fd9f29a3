import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { RawDatabase } from "../../src/index.ts";
import { createFairShare } from "../../src/pool/fair-share.ts";
import { openTestDatabase } from "../support/raw-database.ts";

let created: TestDatabase;
let database: RawDatabase;

beforeAll(async () => {
  created = await createDatabase();
  database = openTestDatabase(created.url, {
    maxConnections: 4,
    waitMs: 20_000,
    statementTimeoutMs: 30_000,
  });
});
afterAll(async () => {
  await database?.close();
  await created?.drop();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A client that runs statements. */
const client = () => {
  const owner = { addStatementMs() {}, openCursor: () => () => {} };
  const leaving = new AbortController();
  return { signal: leaving.signal, owner, leave: () => leaving.abort() };
};

it("stops long statements of a client that holds every connection when another one waits", async () => {
  const [greedy, other] = [client(), client()];
  const long = Array.from({ length: 6 }, () =>
    database.query({ text: "select pg_sleep(25)", values: [] }, greedy).then(
      () => "done",
      (error: { code: string }) => error.code,
    ),
  );
  await expect(database.query({ text: "select 1 as one", values: [] }, other)).resolves.toEqual([
    { one: 1 },
  ]);
  expect(await Promise.race(long)).toBe("too-many-long-statements");
  // A short statement of nobody in particular gets a connection as well.
  const short = await database.queryBytes({ text: "select 2", values: [], isShort: true });
  expect(short.map(String)).toEqual(["2"]);
  greedy.leave();
  await Promise.all(long);
}, 60_000);

it("gives the next free connection to the owner that holds the fewest", () => {
  const [first, second] = [{}, {}];
  const share = createFairShare<string>(() => 0);
  share.hold(first, () => {});
  share.wait(first, "first, in line before");
  const leave = share.wait(second, "second");
  expect([share.size, share.next()]).toEqual([2, "second"]);
  leave();
  leave();
  expect([share.size, share.next()]).toEqual([1, "first, in line before"]);
});

it("stops nothing while the only waiting client is the one that holds the connections", () => {
  vi.useFakeTimers();
  let now = 0;
  let stopped = 0;
  const [owner, other] = [{}, {}];
  const share = createFairShare<string>(() => now);
  for (let count = 0; count < 4; count += 1) share.hold(owner, () => (stopped += 1));
  share.wait(owner, "own");
  now = 60_000;
  vi.advanceTimersByTime(600);
  expect(stopped).toBe(0);
  share.wait(other, "other");
  now += 60_000;
  vi.advanceTimersByTime(300);
  expect(stopped).toBe(1);
});
