import type { EnvironmentOverview, WatchCursor } from "@honua/contracts";
import { describe, expect, test } from "vitest";
import {
  CONFIRM_WITHIN_MS,
  type CursorEntry,
  decideAtStart,
  decideNewHead,
  decideUnconfirmed,
  forcedPublication,
  isKnownToState,
} from "../../src/watch/publish-decision.ts";

const A = { commit: "a".repeat(40), treeHash: "1".repeat(64) };
const B = { commit: "b".repeat(40), treeHash: "2".repeat(64) };
const now = new Date("2026-01-01T12:00:00.000Z");
const startedAt = new Date("2026-01-01T11:59:59.000Z");
const ago = (ms: number) => new Date(now.getTime() - ms);
const head = { environment: "production", ...A };

function situation(parts: { live?: typeof A; latest?: typeof A }): EnvironmentOverview {
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

function cursor(at: typeof A, moved: Date, revision = 7): CursorEntry {
  const value: WatchCursor = {
    environment: "production",
    repository: "https://git.example.com/gis.git",
    branch: "main",
    ...at,
    at: moved.toISOString(),
  };
  return { value, revision };
}
const noCursor: CursorEntry = { value: undefined, revision: 0 };

describe("isKnownToState", () => {
  test.each([
    ["false without any deployment", {}, false],
    ["true for the live and newest deployment", { live: A, latest: A }, true],
    ["true for the newest deployment in any state", { live: B, latest: A }, true],
    ["false for the live deployment if a newer one exists", { live: A, latest: B }, false],
    [
      "false for the same commit with other content",
      { latest: { ...A, treeHash: B.treeHash } },
      false,
    ],
    [
      "false for the same content of an older commit that is not live",
      { latest: { ...A, commit: B.commit } },
      false,
    ],
    [
      "true for the same content of an older commit that is live",
      { live: { ...A, commit: B.commit }, latest: { ...A, commit: B.commit } },
      true,
    ],
  ])("%s", (_what, parts, expected) => {
    expect(isKnownToState(situation(parts), head)).toBe(expected);
  });

  test("true if the cursor shows that newer commits did not touch the environment", () => {
    const older = { ...A, commit: B.commit };
    expect(isKnownToState(situation({ latest: older }), head, older)).toBe(true);
  });
});

describe("decideAtStart", () => {
  const decide = (seen: CursorEntry, known: EnvironmentOverview) =>
    decideAtStart({ head, cursor: seen, situation: known, startedAt, now });

  test("does not publish a commit that state has, with or without a cursor", () => {
    const known = situation({ live: A, latest: A });
    expect(decide(noCursor, known).action).toBe("advance");
    expect(decide(cursor(B, ago(0)), known).action).toBe("advance");
  });

  test("derives the same message id in every watcher if there is no cursor", () => {
    expect(decide(noCursor, situation({}))).toEqual({
      action: "publish",
      messageId: `commit-production-${A.commit}-111111111111-r0`,
    });
  });

  test("adopts a commit that was published a moment ago", () => {
    const at = ago(CONFIRM_WITHIN_MS - 1);
    expect(decide(cursor(A, at), situation({}))).toEqual({ action: "adopt", at });
  });

  test("publishes a commit under a new id if it was published long ago and never arrived", () => {
    const decision = decide(cursor(A, ago(CONFIRM_WITHIN_MS)), situation({}));
    expect(decision).toMatchObject({ action: "publish" });
    expect(JSON.stringify(decision)).toContain(`-start-${startedAt.getTime()}`);
  });
});

describe("decideNewHead", () => {
  const known = { ...B, unconfirmed: undefined };

  test("only moves the cursor if the content is the same", () => {
    const facts = { head, known: { ...known, treeHash: A.treeHash }, cursor: noCursor };
    expect(decideNewHead(facts)).toEqual({ action: "advance" });
  });

  test("adopts a commit that another watcher published", () => {
    const facts = { head, known, cursor: cursor(A, ago(10)) };
    expect(decideNewHead(facts)).toEqual({ action: "adopt", at: ago(10) });
  });

  test("derives the id from the cursor, so that going back and forth is not a duplicate", () => {
    const first = decideNewHead({ head, known, cursor: cursor(B, now, 1) });
    const again = decideNewHead({ head, known, cursor: cursor(B, now, 3) });
    expect(first).not.toEqual(again);
    expect(decideNewHead({ head, known, cursor: cursor(B, now, 1) })).toEqual(first);
  });
});

describe("decideUnconfirmed", () => {
  const decide = (ageMs: number, repeats: number, known = situation({})) =>
    decideUnconfirmed({
      head,
      unconfirmed: { commit: A.commit, at: ago(ageMs), repeats },
      situation: known,
      startedAt,
      now,
    }).action;

  test("accepts the confirmation of state", () => {
    expect(decide(0, 0, situation({ latest: A }))).toBe("confirmed");
  });

  test("accepts the dry run of this commit in dry-run mode", () => {
    expect(decide(0, 0, { ...situation({}), lastDryRun: A })).toBe("confirmed");
    expect(decide(0, 0, { ...situation({}), lastDryRun: B })).toBe("wait");
    // After dry-run mode ends, the next start publishes the commit for deployment.
    expect(isKnownToState({ ...situation({}), lastDryRun: A }, head)).toBe(false);
  });

  test("repeats after a pause that doubles, a limited number of times", () => {
    expect(decide(CONFIRM_WITHIN_MS - 1, 0)).toBe("wait");
    expect(decide(CONFIRM_WITHIN_MS, 0)).toBe("publish");
    expect(decide(CONFIRM_WITHIN_MS, 1)).toBe("wait");
    expect(decide(2 * CONFIRM_WITHIN_MS, 1)).toBe("publish");
    expect(decide(1e9, 6)).toBe("stop-repeating");
  });
});

test("derives a message id for each forced publication", () => {
  expect(forcedPublication(head, "r1")).not.toEqual(forcedPublication(head, "r2"));
});
