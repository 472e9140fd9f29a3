import { expect, test } from "vitest";
import { parseAckSubject } from "../../src/bus/message-puller.ts";

const storedAt = new Date("2026-11-25T09:00:00.123Z");
const nanoseconds = `${storedAt.getTime()}456789`;

test.each([
  ["as it was first", `$JS.ACK.HONUA.reconciler-production.3.120.7.${nanoseconds}.5`],
  [
    "with domain and account",
    `$JS.ACK.hub.ACCOUNT.HONUA.reconciler-production.3.120.7.${nanoseconds}.5.token`,
  ],
])("parses an ack subject %s", (_form, reply) => {
  expect(parseAckSubject(reply)).toEqual({ delivery: 3, storedAt, pending: 5 });
});
