import type { DeploymentPolicy } from "@honua/contracts";
import { type Closed, closedAt, nextOpening } from "./windows.ts";

/** Whether a deployment may start now, and if not, what it waits for. */
export type StartingTime =
  | { kind: "now" }
  | { kind: "later"; notBefore: Date | undefined; lookAgain: Date | undefined; why: string }
  | { kind: "never"; why: string };

/** What the time to start depends on, besides the policy. */
export interface StartingFacts {
  now: Date;
  /** When the deployment was opened. */
  openedAt: Date;
  /** When the environment last got another release, or its old one back. */
  lastChangeAt: Date | undefined;
}

/**
 * When a deployment may start: in a window, outside of every blackout, and no sooner after the last
 * one than the cooldown says. One that would have to wait beyond `maxPendingAge` is given up then.
 */
export function startingTime(policy: DeploymentPolicy, facts: StartingFacts): StartingTime {
  const { now, openedAt, lastChangeAt } = facts;
  const rested =
    lastChangeAt && policy.cooldownSeconds
      ? later(lastChangeAt, policy.cooldownSeconds)
      : undefined;
  const cooling = rested !== undefined && rested > now;
  const closed = closedAt(policy, now);
  if (!closed && !cooling) return { kind: "now" };

  const why = closed ? describe(closed) : `cooldown of ${policy.cooldownSeconds} s`;
  const notBefore = nextOpening(policy, cooling ? rested : now);
  const age = policy.maxPendingAgeSeconds;
  const givenUp = age === undefined ? undefined : later(openedAt, age);
  if (givenUp && givenUp <= now) {
    return { kind: "never", why: `waited longer than maxPendingAge (${age} s) for: ${why}` };
  }
  return { kind: "later", notBefore, lookAgain: earliest(notBefore, givenUp), why };
}

function describe(closed: Closed): string {
  if (closed.kind === "blackout") {
    const { name, reason } = closed.blackout;
    return `blackout '${name}'${reason ? ` (${reason})` : ""}`;
  }
  const windows = closed.windows.map(
    ({ days, start, end, timezone }) => `${days.join(", ")} ${start}-${end} ${timezone}`,
  );
  return `deployment window: ${windows.join("; ")}`;
}

function later(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1_000);
}

function earliest(...instants: (Date | undefined)[]): Date | undefined {
  const known = instants.filter((instant) => instant !== undefined).map(Number);
  return known.length > 0 ? new Date(Math.min(...known)) : undefined;
}
