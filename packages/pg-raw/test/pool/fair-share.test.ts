import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { RawDatabase } from "../../src/index.ts";
import { FairShare } from "../../src/pool/fair-share.ts";
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
  const abort = new AbortController();
  return { signal: abort.signal, owner, disconnect: () => abort.abort() };
};

it("cancels long statements of a client that holds every connection when another client waits", async () => {
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
  // A short statement without a client also receives a connection.
  const short = await database.queryBytes({ text: "select 2", values: [], isShort: true });
  expect(short.value.map(String)).toEqual(["2"]);
  greedy.disconnect();
  await Promise.all(long);
}, 60_000);

it("assigns the next free connection to the owner that holds the fewest", () => {
  const [first, second] = [{}, {}];
  const share = new FairShare<string>(() => 0);
  share.trackHeld(first, () => {});
  share.addWaiter(first, "first, arrived earlier");
  const leave = share.addWaiter(second, "second");
  expect([share.size, share.nextWaiter()]).toEqual([2, "second"]);
  leave();
  leave();
  expect([share.size, share.nextWaiter()]).toEqual([1, "first, arrived earlier"]);
});

it("cancels nothing while the only waiting client is the one that holds the connections", () => {
  vi.useFakeTimers();
  let now = 0;
  let cancelled = 0;
  const [owner, other] = [{}, {}];
  const share = new FairShare<string>(() => now);
  for (let count = 0; count < 4; count += 1) share.trackHeld(owner, () => (cancelled += 1));
  share.addWaiter(owner, "own");
  now = 60_000;
  vi.advanceTimersByTime(600);
  expect(cancelled).toBe(0);
  share.addWaiter(other, "other");
  now += 60_000;
  vi.advanceTimersByTime(300);
  expect(cancelled).toBe(1);
});
