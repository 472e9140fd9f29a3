import { describe, expect, it } from "vitest";
import { fromWire, PermanentError, TransientError, toWire } from "../src/errors.ts";
import { asHttpProblem } from "../src/http/problem.ts";

describe("an error on the bus", () => {
  it("keeps kind, code, message and data", () => {
    const error = new PermanentError("stale-version", "Read it again.", { data: { version: 2 } });
    expect(fromWire(toWire(error))).toMatchObject({
      kind: "permanent",
      code: "stale-version",
      message: "Read it again.",
      data: { version: 2 },
    });
  });

  it("becomes unexpected if its code is unknown, and keeps the code as data", () => {
    const newer = { kind: "permanent", code: "from-the-future", message: "No." } as const;
    expect(fromWire(newer)).toMatchObject({
      kind: "permanent",
      code: "unexpected",
      data: { code: "from-the-future" },
    });
  });
});

describe("the HTTP problem of an error", () => {
  it("has the status and title of its code", () => {
    expect(asHttpProblem(new PermanentError("plan-changed", "Read it again."))).toMatchObject({
      status: 409,
      title: "The plan has changed",
      code: "plan-changed",
    });
  });

  it("asks the client to retry if the status is 503", () => {
    expect(asHttpProblem(new TransientError("busy", "Wait."))).toMatchObject({
      status: 503,
      headers: { "Retry-After": "2" },
    });
  });
});
