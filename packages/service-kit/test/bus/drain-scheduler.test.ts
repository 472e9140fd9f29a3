import { eventually } from "@honua/testing/eventually";
import { expect, it } from "vitest";
import { createVisits } from "../../src/bus/drain-scheduler.ts";
import { createGate } from "../../src/bus/in-flight.ts";

/** Visits that wait for the one place of a gate, which somebody has until `leavePlace`. */
function waitingForTheirPlace() {
  const gate = createGate(1);
  let leavePlace = () => {};
  void gate(() => new Promise<void>((resolve) => (leavePlace = resolve)));
  let count = 0;
  const visits = createVisits({
    gate,
    visit: async () => {
      count += 1;
      return undefined;
    },
  });
  return { visits, count: () => count, leavePlace: () => leavePlace(), gate };
}

it("visits once its place is free", async () => {
  const { visits, count, leavePlace } = waitingForTheirPlace();
  visits.wake();
  expect(count()).toBe(0);
  leavePlace();
  await eventually("the visit", () => count() === 1);
  await visits.stop();
});

it("does not go where somebody else came while it waited for its place, but looks there later", async () => {
  const { visits, count, leavePlace, gate } = waitingForTheirPlace();
  visits.wake();
  visits.leave(200);
  leavePlace();
  await gate(async () => undefined);
  expect(count()).toBe(0);
  await eventually("the look", () => count() === 1);
  await visits.stop();
});

it("goes again when it is woken after somebody else came", async () => {
  const { visits, count, leavePlace } = waitingForTheirPlace();
  visits.wake();
  visits.leave(60_000);
  visits.wake();
  leavePlace();
  await eventually("the visit", () => count() === 1);
  await visits.stop();
});
