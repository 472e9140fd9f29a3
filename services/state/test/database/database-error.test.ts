import { expect, test } from "vitest";
import { asDatabaseError } from "../../src/database/database-error.ts";

test.each([
  [{ code: "ECONNREFUSED" }, true],
  [{ code: "57P01" }, true],
  [new Error("Connection terminated unexpectedly"), true],
  [new AggregateError([{ code: "ECONNREFUSED" }, { code: "ECONNREFUSED" }]), true],
  [{ code: "23505" }, false],
  [new Error("something else"), false],
])("maps database error %# to unavailable if it is transient", (error, isTransient) => {
  const mapped = asDatabaseError(error);
  if (isTransient) expect(mapped).toMatchObject({ code: "unavailable", kind: "transient" });
  else expect(mapped).toBe(error);
});

test.each(["22021", "22P05"])("maps a NUL character (%s) to invalid-request", (code) => {
  const mapped = asDatabaseError(Object.assign(new Error("invalid byte sequence"), { code }));
  expect(mapped).toMatchObject({ code: "invalid-request", kind: "permanent" });
});
