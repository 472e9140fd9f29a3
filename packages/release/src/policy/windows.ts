import {
  type BlackoutPeriod,
  type DeploymentPolicy,
  type DeploymentWindow,
  WEEKDAYS,
} from "@honua/contracts";
import { createZoneClock, type ZoneClock } from "./zone-clock.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The search looks ahead in batches, altogether a little more than two years. */
const BATCH_DAYS = 14;
const BATCHES = 56;

/** The parts of a policy that restrict when deployments may start. */
export type Windows = Pick<
  DeploymentPolicy,
  "deploymentWindows" | "furtherWindows" | "blackoutPeriods"
>;

/** The reason why no deployment may start at an instant. */
export type Closure =
  | { kind: "blackout"; blackout: BlackoutPeriod }
  | { kind: "window"; windows: readonly DeploymentWindow[] };

/**
 * Why no deployment may start at an instant. Undefined if one may. A blackout overrides a window.
 */
export function closureAt(policy: Windows, instant: Date): Closure | undefined {
  return calendar(policy).closed(instant.getTime());
}

/**
 * The first instant, not before `instant`, at which deployments may start. Undefined if there is none
 * within two years.
 */
export function nextOpening(policy: Windows, instant: Date): Date | undefined {
  const { closed, changes } = calendar(policy);
  const start = instant.getTime();
  if (!closed(start)) return instant;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const from = start + batch * BATCH_DAYS * DAY;
    const opening = changes(from, from + BATCH_DAYS * DAY).find((at) => !closed(at));
    if (opening !== undefined) return new Date(opening);
  }
  return undefined;
}

/**
 * Evaluates windows and blackouts with the wall clock of their time zone. A window is open while the
 * clock shows a time inside it. This also holds on days with a change to or from daylight saving time.
 */
function calendar(policy: Windows) {
  const clocks = new Map<string, ZoneClock>();
  const clockOf = ({ timezone }: { timezone: string }) => {
    const clock = clocks.get(timezone) ?? createZoneClock(timezone);
    clocks.set(timezone, clock);
    return clock;
  };
  const windowLists = [policy.deploymentWindows, policy.furtherWindows].filter(
    (windows) => !!windows,
  );
  const windows = windowLists.flat();
  const blackouts = policy.blackoutPeriods ?? [];

  return {
    closed(instant: number): Closure | undefined {
      const blackout = blackouts.find((one) => isDuring(one, clockOf(one).reading(instant)));
      if (blackout) return { kind: "blackout", blackout };
      const closedList = windowLists.find(
        (some) => !some.some((one) => isOpen(one, clockOf(one).reading(instant))),
      );
      return closedList && { kind: "window", windows: closedList };
    },
    /** The instants after `from`, up to `to`, at which deployments may become allowed, in order. */
    changes(from: number, to: number): number[] {
      const starts = windows.flatMap((one) => {
        const clock = clockOf(one);
        const first = Math.floor(clock.reading(from) / DAY) - 1;
        const days = Array.from({ length: BATCH_DAYS + 3 }, (_, index) => first + index);
        return days.flatMap((day) => clock.instantsShowing(day * DAY + timeOfDay(one.start)));
      });
      const ends = blackouts.flatMap((one) => clockOf(one).instantsShowing(readingOf(one.end)));
      const jumps = [...windows, ...blackouts].flatMap((one) => clockOf(one).jumps(from, to));
      return [...new Set([...starts, ...ends, ...jumps])]
        .filter((at) => at > from && at <= to)
        .sort((a, b) => a - b);
    },
  };
}

function isOpen({ days, start, end }: DeploymentWindow, reading: number): boolean {
  const day = Math.floor(reading / DAY);
  const time = reading - day * DAY;
  const [opens, closes] = [timeOfDay(start), timeOfDay(end)];
  if (opens < closes) return days.includes(weekday(day)) && opens <= time && time < closes;
  return (
    (days.includes(weekday(day)) && opens <= time) ||
    (days.includes(weekday(day - 1)) && time < closes)
  );
}

function isDuring({ start, end }: BlackoutPeriod, reading: number): boolean {
  return readingOf(start) <= reading && reading < readingOf(end);
}

/** Day 0, 1970-01-01, was a Thursday. */
function weekday(day: number) {
  return WEEKDAYS[(((day + 3) % 7) + 7) % 7] ?? "Mon";
}

/** `HH:MM` in milliseconds since midnight. */
function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return (hours * 60 + minutes) * MINUTE;
}

/** The clock reading of `yyyy-MM-dd`, with or without `THH:MM`. */
function readingOf(text: string): number {
  return Date.parse(text.includes("T") ? `${text}:00Z` : `${text}T00:00:00Z`);
}
