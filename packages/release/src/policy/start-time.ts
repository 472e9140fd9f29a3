import type { DeploymentPolicy } from "@honua/contracts";
import { type Closure, closureAt, nextOpening } from "./windows.ts";

/** Whether a deployment may start now, and if not, what it waits for. */
export type DeploymentStart =
  | { kind: "now" }
  | { kind: "later"; notBefore: Date | undefined; lookAgain: Date | undefined; why: string }
  | { kind: "never"; why: string };

/** The facts that decide when a deployment may start, besides the policy. */
export interface StartFacts {
  now: Date;
  /** The time at which the deployment was opened. */
  openedAt: Date;
  /** The time of the last deployment or rollback in the environment. */
  lastChangeAt: Date | undefined;
}

/**
 * Determines when a deployment may start: inside a deployment window, outside of every blackout period,
 * and after the cooldown. A deployment that waits longer than `maxPendingAge` never starts.
 */
export function deploymentStart(policy: DeploymentPolicy, facts: StartFacts): DeploymentStart {
  const { now, openedAt, lastChangeAt } = facts;
  const cooldownEnd =
    lastChangeAt && policy.cooldownSeconds
      ? addSeconds(lastChangeAt, policy.cooldownSeconds)
      : undefined;
  const isCoolingDown = cooldownEnd !== undefined && cooldownEnd > now;
  const closed = closureAt(policy, now);
  if (!closed && !isCoolingDown) return { kind: "now" };

  const why = closed ? describeClosure(closed) : `cooldown of ${policy.cooldownSeconds} s`;
  const notBefore = nextOpening(policy, isCoolingDown ? cooldownEnd : now);
  const age = policy.maxPendingAgeSeconds;
  const expiresAt = age === undefined ? undefined : addSeconds(openedAt, age);
  if (expiresAt && expiresAt <= now) {
    return { kind: "never", why: `waited longer than maxPendingAge (${age} s) for: ${why}` };
  }
  return { kind: "later", notBefore, lookAgain: earliest(notBefore, expiresAt), why };
}

function describeClosure(closed: Closure): string {
  if (closed.kind === "blackout") {
    const { name, reason } = closed.blackout;
    return `blackout '${name}'${reason ? ` (${reason})` : ""}`;
  }
  const windows = closed.windows.map(
    ({ days, start, end, timezone }) => `${days.join(", ")} ${start}-${end} ${timezone}`,
  );
  return `deployment window: ${windows.join("; ")}`;
}

function addSeconds(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1_000);
}

function earliest(...instants: (Date | undefined)[]): Date | undefined {
  const known = instants.filter((instant) => instant !== undefined).map(Number);
  return known.length > 0 ? new Date(Math.min(...known)) : undefined;
}
