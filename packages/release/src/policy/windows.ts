import {
  type BlackoutPeriod,
  type DeploymentPolicy,
  type DeploymentWindow,
  WEEKDAYS,
} from "@honua/contracts";
import { createZoneClock, type ZoneClock } from "./zone-clock.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How far ahead is looked at once, and how often: a little more than two years. */
const BATCH_DAYS = 14;
const BATCHES = 56;

/** The parts of a policy that say when deployments may start. */
export type Windows = Pick<
  DeploymentPolicy,
  "deploymentWindows" | "furtherWindows" | "blackoutPeriods"
>;

/** What keeps a deployment from starting at an instant. */
export type Closed =
  | { kind: "blackout"; blackout: BlackoutPeriod }
  | { kind: "window"; windows: readonly DeploymentWindow[] };

/** Why no deployment may start at an instant, or undefined when one may. A blackout beats a window. */
export function closedAt(policy: Windows, instant: Date): Closed | undefined {
  return calendar(policy).closed(instant.getTime());
}

/**
 * The first instant from `instant` on at which deployments may start: `instant` itself when they may
 * now, undefined when they never may within two years.
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
 * Everything is asked of the wall clock of each rule's zone: a window is open while the clock shows
 * a time inside it, on days when the clock is put forward or back as on any other.
 */
function calendar(policy: Windows) {
  const clocks = new Map<string, ZoneClock>();
  const clockOf = ({ timezone }: { timezone: string }) => {
    const clock = clocks.get(timezone) ?? createZoneClock(timezone);
    clocks.set(timezone, clock);
    return clock;
  };
  const demands = [policy.deploymentWindows, policy.furtherWindows].filter((windows) => !!windows);
  const windows = demands.flat();
  const blackouts = policy.blackoutPeriods ?? [];

  return {
    closed(instant: number): Closed | undefined {
      const blackout = blackouts.find((one) => isDuring(one, clockOf(one).reading(instant)));
      if (blackout) return { kind: "blackout", blackout };
      const shut = demands.find(
        (some) => !some.some((one) => isOpen(one, clockOf(one).reading(instant))),
      );
      return shut && { kind: "window", windows: shut };
    },
    /** The instants after `from`, up to `to`, at which something may open, in their order. */
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

/** `yyyy-MM-dd`, with or without `THH:MM`, as a clock's reading. */
function readingOf(text: string): number {
  return Date.parse(text.includes("T") ? `${text}:00Z` : `${text}T00:00:00Z`);
}
