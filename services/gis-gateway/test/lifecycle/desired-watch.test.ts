import type { Bus } from "@honua/service-kit";
import { afterEach, expect, it, vi } from "vitest";
import { watchDesiredRelease } from "../../src/lifecycle/desired-watch.ts";
import { silent } from "../support/gateway.ts";

let stopWatch: (() => Promise<void>) | undefined;

afterEach(() => {
  // Not awaited: a read that the test has not completed never ends.
  void stopWatch?.();
});

const entry = (release: string, revision: number) => ({
  key: "production",
  value: { environment: "production", release, deploymentId: "a", at: "2026-01-01T00:00:00.000Z" },
  revision,
});

/** A bucket whose reads and changes the test completes. */
function createControlledBucket() {
  const reads: ((answer: ReturnType<typeof entry>) => void)[] = [];
  const waiting: ((change: ReturnType<typeof entry>) => void)[] = [];
  const bucket = {
    get: () => new Promise((resolve) => reads.push(resolve)),
    async *watch() {
      for (;;) {
        yield await new Promise<ReturnType<typeof entry>>((resolve) => waiting.push(resolve));
      }
    },
  };
  const bus = { bucket: async () => bucket, isConnected: () => true } as unknown as Bus;
  const next = <Item>(list: Item[]) =>
    vi.waitFor(() => list.shift() ?? expect.fail("Nothing is pending."));
  return {
    bus,
    async change(release: string, revision: number) {
      (await next(waiting))(entry(release, revision));
    },
    nextRead: () => next(reads),
  };
}

function watchOn(bus: Bus): string[] {
  const desired: string[] = [];
  stopWatch = watchDesiredRelease({
    bus,
    environment: "production",
    log: silent,
    onDesired: (digest) => desired.push(digest),
    readIntervalMs: 20,
  });
  return desired;
}

it("finds a missed change by reading, even after revisions restarted", async () => {
  const { bus, change, nextRead } = createControlledBucket();
  const desired = watchOn(bus);
  await change("first", 40);
  await vi.waitFor(() => expect(desired).toEqual(["first"]));
  // The result of a read that started before the change is ignored.
  (await nextRead())(entry("missed", 1));
  (await nextRead())(entry("missed", 1));
  await vi.waitFor(() => expect(desired.at(-1)).toBe("missed"));
});

it("ignores a read that is older than a change", async () => {
  const { bus, change, nextRead } = createControlledBucket();
  const desired = watchOn(bus);
  await change("first", 1);
  const completeRead = await nextRead();
  await change("second", 2);
  await vi.waitFor(() => expect(desired).toEqual(["first", "second"]));
  completeRead(entry("first", 1));
  // The next read starts only after the result of this one was handled.
  await nextRead();
  expect(desired).toEqual(["first", "second"]);
});
