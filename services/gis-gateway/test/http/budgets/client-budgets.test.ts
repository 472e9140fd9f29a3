import { expect, it } from "vitest";
import {
  type ClientLimits,
  createClientBudgets,
} from "../../../src/http/budgets/client-budgets.ts";

const LIMITS: ClientLimits = {
  requestsInFlight: 2,
  openCursors: 1,
  rows: { perSecond: 10, burst: 100 },
  bytes: { perSecond: 1_000, burst: 10_000 },
  statementSeconds: { perSecond: 1, burst: 5 },
  isUnmetered: (address) => address === "127.0.0.1",
};

function budgetsOf(limits: Partial<ClientLimits> = {}, maxClients?: number) {
  let now = 0;
  const logged: object[] = [];
  const budgets = createClientBudgets({
    limits: { ...LIMITS, ...limits },
    log: { warn: (fields: object) => logged.push(fields) } as never,
    now: () => now,
    ...(maxClients === undefined ? {} : { maxClients }),
  });
  return { budgets, logged, pass: (ms: number) => (now += ms) };
}

const refused = (retryAfter: string) =>
  expect.objectContaining({
    status: 429,
    code: "client-budget-exceeded",
    headers: { "Retry-After": retryAfter },
  });

it("rejects a request above the limit of requests in flight, for this client only", () => {
  const { budgets, logged } = budgetsOf();
  const first = budgets.admitRequest("a");
  budgets.admitRequest("a");
  expect(() => budgets.admitRequest("a")).toThrow(refused("2"));
  expect(() => budgets.admitRequest("a")).toThrow(refused("2"));
  budgets.admitRequest("b");
  first.endRequest(0);
  expect(budgets.admitRequest("a")).toBe(first);
  expect(logged).toEqual([{ client: "a", budget: "2 concurrent requests" }]);
});

it("rejects a cursor above the limit of open cursors", () => {
  const client = budgetsOf().budgets.admitRequest("a");
  const close = client.openCursor();
  expect(() => client.openCursor()).toThrow(refused("2"));
  close();
  close();
  client.openCursor();
  expect(() => client.openCursor()).toThrow(refused("2"));
});

it.each([
  ["features", (client: ReturnType<typeof enter>) => client.addRows(150), "5"],
  ["bytes", (client: ReturnType<typeof enter>) => client.endRequest(13_000), "3"],
  ["database time", (client: ReturnType<typeof enter>) => client.addStatementMs(9_000), "4"],
])("rejects requests until the bucket of %s has tokens again", (_budget, use, retryAfter) => {
  const { budgets, pass } = budgetsOf();
  use(enter(budgets, "a"));
  expect(() => budgets.admitRequest("a")).toThrow(refused(retryAfter));
  pass(Number(retryAfter) * 1_000 + 1);
  budgets.admitRequest("a");
});

it("counts the requests of an unmetered client, but not its usage", () => {
  const { budgets } = budgetsOf();
  const client = budgets.admitRequest("127.0.0.1");
  client.addRows(1e9);
  client.addStatementMs(1e9);
  budgets.admitRequest("127.0.0.1").endRequest(1e12);
  budgets.admitRequest("127.0.0.1");
  expect(() => budgets.admitRequest("127.0.0.1")).toThrow(refused("2"));
});

it("tracks a bounded number of clients and evicts idle ones first", () => {
  const { budgets } = budgetsOf({}, 3);
  const busy = budgets.admitRequest("busy");
  for (let number = 0; number < 100; number += 1)
    budgets.admitRequest(`client ${number}`).endRequest(0);
  expect(budgets.trackedClients()).toBe(3);
  expect(budgets.admitRequest("busy")).toBe(busy);
});

function enter(budgets = budgetsOf().budgets, address = "a") {
  return budgets.admitRequest(address);
}
