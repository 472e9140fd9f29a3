import type { EnvironmentSituation, WatchCursor } from "@honua/contracts";
import { describe, expect, test } from "vitest";
import {
  CONFIRM_WITHIN_MS,
  type CursorSeen,
  decideAtStart,
  decideOnNewHead,
  decideUnconfirmed,
  forcedHandover,
  stateKnows,
} from "../../src/watch/publish-decision.ts";

const A = { commit: "a".repeat(40), treeHash: "1".repeat(64) };
const B = { commit: "b".repeat(40), treeHash: "2".repeat(64) };
const now = new Date("2026-01-01T12:00:00.000Z");
const startedAt = new Date("2026-01-01T11:59:59.000Z");
const ago = (ms: number) => new Date(now.getTime() - ms);
const head = { environment: "production", ...A };

function situation(parts: { live?: typeof A; latest?: typeof A }): EnvironmentSituation {
  const { live, latest } = parts;
  return {
    environment: "production",
    active: null,
    live: live ? { deploymentId: live.commit, release: "0".repeat(64), ...live } : null,
    latest: latest ? { deploymentId: latest.commit, state: "Completed", ...latest } : null,
    medianDurationMs: null,
    health: "Healthy",
    syncStatus: "Synced",
    pause: null,
    hold: null,
    blocked: null,
    lastChangeAt: null,
  };
}

function cursor(at: typeof A, moved: Date, revision = 7): CursorSeen {
  const value: WatchCursor = {
    environment: "production",
    repository: "https://git.example.com/gis.git",
    branch: "main",
    ...at,
    at: moved.toISOString(),
  };
  return { value, revision };
}
const noCursor: CursorSeen = { value: undefined, revision: 0 };

describe("stateKnows", () => {
  test.each([
    ["nothing is known", {}, false],
    ["it is live and the newest", { live: A, latest: A }, true],
    ["it is the newest deployment, whatever became of it", { live: B, latest: A }, true],
    ["it is live, but something else was tried since", { live: A, latest: B }, false],
    ["the same commit with other content", { latest: { ...A, treeHash: B.treeHash } }, false],
    [
      "the same content from an older commit, not live",
      { latest: { ...A, commit: B.commit } },
      false,
    ],
    [
      "the same content from an older commit, live",
      { live: { ...A, commit: B.commit }, latest: { ...A, commit: B.commit } },
      true,
    ],
  ])("%s", (_what, parts, expected) => {
    expect(stateKnows(situation(parts), head)).toBe(expected);
  });

  test("the cursor remembers that commits since then did not touch the environment", () => {
    const older = { ...A, commit: B.commit };
    expect(stateKnows(situation({ latest: older }), head, older)).toBe(true);
  });
});

describe("at start", () => {
  const decide = (seen: CursorSeen, known: EnvironmentSituation) =>
    decideAtStart({ head, cursor: seen, situation: known, startedAt, now });

  test("what state knows is not handed over, cursor or none", () => {
    const known = situation({ live: A, latest: A });
    expect(decide(noCursor, known).action).toBe("advance");
    expect(decide(cursor(B, ago(0)), known).action).toBe("advance");
  });

  test("without a cursor every watcher gives the same message id", () => {
    expect(decide(noCursor, situation({}))).toEqual({
      action: "hand-over",
      messageId: `commit-production-${A.commit}-111111111111-r0`,
    });
  });

  test("what was handed over just now is waited for", () => {
    const at = ago(CONFIRM_WITHIN_MS - 1);
    expect(decide(cursor(A, at), situation({}))).toEqual({ action: "adopt", at });
  });

  test("what was handed over long ago and never arrived goes out under a new id", () => {
    const decision = decide(cursor(A, ago(CONFIRM_WITHIN_MS)), situation({}));
    expect(decision).toMatchObject({ action: "hand-over" });
    expect(JSON.stringify(decision)).toContain(`-start-${startedAt.getTime()}`);
  });
});

describe("on a new head", () => {
  const known = { ...B, unconfirmed: undefined };

  test("the same content only moves the cursor", () => {
    const facts = { head, known: { ...known, treeHash: A.treeHash }, cursor: noCursor };
    expect(decideOnNewHead(facts)).toEqual({ action: "advance" });
  });

  test("what another watcher handed over is left to it", () => {
    const facts = { head, known, cursor: cursor(A, ago(10)) };
    expect(decideOnNewHead(facts)).toEqual({ action: "adopt", at: ago(10) });
  });

  test("the id depends on where the cursor was, so going back and forth is not a duplicate", () => {
    const first = decideOnNewHead({ head, known, cursor: cursor(B, now, 1) });
    const again = decideOnNewHead({ head, known, cursor: cursor(B, now, 3) });
    expect(first).not.toEqual(again);
    expect(decideOnNewHead({ head, known, cursor: cursor(B, now, 1) })).toEqual(first);
  });
});

describe("an unconfirmed hand-over", () => {
  const decide = (ageMs: number, repeats: number, known = situation({})) =>
    decideUnconfirmed({
      head,
      unconfirmed: { commit: A.commit, at: ago(ageMs), repeats },
      situation: known,
      startedAt,
      now,
    }).action;

  test("is confirmed by state", () => {
    expect(decide(0, 0, situation({ latest: A }))).toBe("confirmed");
  });

  test("is confirmed by the plan of a server that only plans, and of this commit only", () => {
    expect(decide(0, 0, { ...situation({}), lastDryRun: A })).toBe("confirmed");
    expect(decide(0, 0, { ...situation({}), lastDryRun: B })).toBe("wait");
    // Once it deploys again, a start finds out that nothing was.
    expect(stateKnows({ ...situation({}), lastDryRun: A }, head)).toBe(false);
  });

  test("is repeated after a pause that doubles, and not for ever", () => {
    expect(decide(CONFIRM_WITHIN_MS - 1, 0)).toBe("wait");
    expect(decide(CONFIRM_WITHIN_MS, 0)).toBe("hand-over");
    expect(decide(CONFIRM_WITHIN_MS, 1)).toBe("wait");
    expect(decide(2 * CONFIRM_WITHIN_MS, 1)).toBe("hand-over");
    expect(decide(1e9, 6)).toBe("give-up");
  });
});

test("a forced hand-over has an id of its own", () => {
  expect(forcedHandover(head, "r1")).not.toEqual(forcedHandover(head, "r2"));
});
