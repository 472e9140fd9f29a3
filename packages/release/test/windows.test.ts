import {
  type BlackoutPeriod,
  type DeploymentWindow,
  WEEKDAYS,
  type Weekday,
} from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closureAt, nextOpening } from "../src/index.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const at = (text: string) => new Date(text);
const opening = (windows: Parameters<typeof nextOpening>[0], from: string) =>
  nextOpening(windows, at(from))?.toISOString();
const daily = (start: string, end: string, timezone: string): DeploymentWindow => ({
  days: [...WEEKDAYS],
  start,
  end,
  timezone,
});
const office: DeploymentWindow = {
  days: ["Mon", "Tue", "Wed", "Thu"],
  start: "09:00",
  end: "17:00",
  timezone: "Europe/Madrid",
};

describe("deployment windows", () => {
  it("are always open if there are none and no blackouts", () => {
    expect(closureAt({}, at("2026-06-01T00:00:00Z"))).toBeUndefined();
    expect(opening({}, "2026-06-01T00:00:00Z")).toBe("2026-06-01T00:00:00.000Z");
  });

  it.each([
    ["2026-06-01T07:00:00Z", "2026-06-01T07:00:00.000Z", "its first instant is inside (summer)"],
    ["2026-06-01T06:59:59.999Z", "2026-06-01T07:00:00.000Z", "a millisecond before is not"],
    ["2026-06-01T15:00:00Z", "2026-06-02T07:00:00.000Z", "its last instant is outside"],
    ["2026-06-04T15:00:00Z", "2026-06-08T07:00:00.000Z", "over the weekend"],
    ["2026-10-22T15:00:00Z", "2026-10-26T08:00:00.000Z", "over the end of summer time"],
  ])("from %s open at %s: %s", (from, expected) => {
    expect(opening({ deploymentWindows: [office] }, from)).toBe(expected);
  });

  it("can cross midnight, and belong to the day on which they start", () => {
    const night = { ...daily("22:00", "02:00", "UTC"), days: ["Fri" as const] };
    const windows = { deploymentWindows: [night] };
    expect(closureAt(windows, at("2026-06-06T01:59:00Z"))).toBeUndefined();
    expect(closureAt(windows, at("2026-06-06T02:00:00Z"))).toMatchObject({ kind: "window" });
    expect(closureAt(windows, at("2026-06-05T01:00:00Z"))).toMatchObject({ kind: "window" });
    expect(opening(windows, "2026-06-06T02:00:00Z")).toBe("2026-06-12T22:00:00.000Z");
  });

  it("open at the clock change if their start is skipped, and twice if it is repeated", () => {
    const early = { deploymentWindows: [daily("02:30", "02:45", "Europe/Madrid")] };
    // 29 March 2026: 02:00 is followed by 03:00, so the window does not exist that day.
    expect(opening(early, "2026-03-28T12:00:00Z")).toBe("2026-03-30T00:30:00.000Z");
    const longer = { deploymentWindows: [daily("02:30", "04:00", "Europe/Madrid")] };
    expect(opening(longer, "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z");
    // 25 October 2026: 03:00 is followed by 02:00.
    expect(opening(early, "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:30:00.000Z");
    expect(opening(early, "2026-10-25T00:45:00Z")).toBe("2026-10-25T01:30:00.000Z");
  });

  it("of the server and of the repository must both be open", () => {
    const both = {
      deploymentWindows: [daily("08:00", "12:00", "UTC")],
      furtherWindows: [daily("10:00", "18:00", "UTC")],
    };
    expect(opening(both, "2026-06-01T08:00:00Z")).toBe("2026-06-01T10:00:00.000Z");
    expect(opening(both, "2026-06-01T12:00:00Z")).toBe("2026-06-02T10:00:00.000Z");
    const never = { ...both, furtherWindows: [daily("13:00", "18:00", "UTC")] };
    expect(opening(never, "2026-06-01T08:00:00Z")).toBeUndefined();
  });

  it("are closed during a blackout", () => {
    const yearEnd = { name: "year end", start: "2026-12-20", end: "2027-01-05", timezone: "UTC" };
    const policy = { deploymentWindows: [office], blackoutPeriods: [yearEnd] };
    expect(closureAt(policy, at("2026-12-21T09:00:00Z"))).toMatchObject({ kind: "blackout" });
    expect(opening(policy, "2026-12-20T00:00:00Z")).toBe("2027-01-05T08:00:00.000Z");
    const alone = { blackoutPeriods: [yearEnd] };
    expect(opening(alone, "2026-12-19T23:59:59Z")).toBe("2026-12-19T23:59:59.000Z");
    expect(opening(alone, "2026-12-20T00:00:00Z")).toBe("2027-01-05T00:00:00.000Z");
  });
});

/** Zones with DST north and south, half an hour of it, odd offsets, and none. */
const ZONES = [
  "UTC",
  "Europe/Madrid",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Asia/Kathmandu",
  "Pacific/Chatham",
];
const time = fc
  .integer({ min: 0, max: 24 * 12 - 1 })
  .map((n) => new Date(n * 5 * MINUTE).toISOString().slice(11, 16));
const window = fc
  .record({
    days: fc.subarray([...WEEKDAYS], { minLength: 1 }),
    start: time,
    end: time,
    timezone: fc.constantFrom(...ZONES),
  })
  .filter(({ start, end }) => start !== end);
const instant = fc
  .integer({ min: 0, max: (366 * DAY) / MINUTE })
  .map((minutes) => new Date(Date.UTC(2026, 0, 1) + minutes * MINUTE));

const day = fc
  .integer({ min: 0, max: 366 })
  .map((days) => new Date(Date.UTC(2026, 0, 1) + days * DAY).toISOString().slice(0, 10));
const blackout: fc.Arbitrary<BlackoutPeriod> = fc
  .record({
    name: fc.constant("freeze"),
    start: day,
    end: fc.tuple(day, time).map((parts) => parts.join("T")),
    timezone: fc.constantFrom(...ZONES),
  })
  .filter(({ start, end }) => start < end);

type Windows = {
  deploymentWindows: DeploymentWindow[];
  furtherWindows: DeploymentWindow[];
  blackoutPeriods: BlackoutPeriod[];
};

const formatters = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("en-GB", {
      timeZone,
      weekday: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }),
  ]),
);

/** What a clock in the zone shows, by another way than the code under test takes. */
function shownIn(timezone: string, when: Date) {
  const shown = Object.fromEntries(
    formatters
      .get(timezone)
      ?.formatToParts(when)
      .map(({ type, value }) => [type, value]) ?? [],
  );
  const { weekday = "", year, month, day: date, hour, minute } = shown;
  return { day: weekday, date: `${year}-${month}-${date}`, time: `${hour}:${minute}` };
}

function shouldBeBlackedOut({ start, end, timezone }: BlackoutPeriod, when: Date): boolean {
  const { date, time: now } = shownIn(timezone, when);
  return start <= `${date}T${now}` && `${date}T${now}` < end;
}

function shouldBeOpen({ days, start, end, timezone }: DeploymentWindow, when: Date): boolean {
  const { day, time: now } = shownIn(timezone, when);
  const today = WEEKDAYS.indexOf(day as Weekday);
  const on = (index: number) => days.some((name) => name === WEEKDAYS[(index + 7) % 7]);
  if (start < end) return on(today) && start <= now && now < end;
  return (on(today) && now >= start) || (on(today - 1) && now < end);
}

describe("over a year, in zones with and without daylight saving time", () => {
  it("opens a window exactly while the clock of its zone shows a time inside it", () => {
    fc.assert(
      fc.property(window, instant, (one, when) => {
        const open = closureAt({ deploymentWindows: [one] }, when) === undefined;
        expect(open).toBe(shouldBeOpen(one, when));
      }),
      { numRuns: 1_000 },
    );
  });

  it("finds a next opening that is open, not in the past, and the earliest", () => {
    fc.assert(
      fc.property(
        window,
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, when, part) => {
          const policy = { deploymentWindows: [one] };
          const next = nextOpening(policy, when);
          if (!next) throw new Error("every window opens within two years");
          expect(next >= when).toBe(true);
          expect(shouldBeOpen(one, next)).toBe(true);
          const minutes = Math.floor(((next.getTime() - when.getTime()) / MINUTE) * part);
          const between = new Date(when.getTime() + minutes * MINUTE);
          if (between < next) expect(shouldBeOpen(one, between)).toBe(false);
          const before = new Date(next.getTime() - MINUTE);
          if (before >= when) expect(shouldBeOpen(one, before)).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is open exactly when the blackouts and windows of both policies allow it", () => {
    const policy = fc.record({
      deploymentWindows: fc.array(window, { minLength: 1, maxLength: 2 }),
      furtherWindows: fc.array(window, { minLength: 1, maxLength: 2 }),
      blackoutPeriods: fc.array(blackout, { maxLength: 3 }),
    });
    const allowed = (one: Windows, when: Date) =>
      one.deploymentWindows.some((each) => shouldBeOpen(each, when)) &&
      one.furtherWindows.some((each) => shouldBeOpen(each, when)) &&
      !one.blackoutPeriods.some((each) => shouldBeBlackedOut(each, when));
    fc.assert(
      fc.property(
        policy,
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, when, part) => {
          expect(closureAt(one, when) === undefined).toBe(allowed(one, when));
          const next = nextOpening(one, when);
          if (!next) return;
          expect(allowed(one, next)).toBe(true);
          const minutes = Math.floor(((next.getTime() - when.getTime()) / MINUTE) * part);
          const between = new Date(when.getTime() + minutes * MINUTE);
          if (between < next) expect(allowed(one, between)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds the first open minute around every clock change", () => {
    for (const timezone of ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe"]) {
      const one = daily("02:15", "02:45", timezone);
      for (const day of [
        "2026-03-08",
        "2026-03-29",
        "2026-04-05",
        "2026-10-04",
        "2026-10-25",
        "2026-11-01",
      ]) {
        const start = Date.parse(`${day}T00:00:00Z`) - DAY / 2;
        for (let minute = 0; minute < 36 * 60; minute += 105) {
          const when = new Date(start + minute * MINUTE);
          let first = when;
          while (!shouldBeOpen(one, first)) first = new Date(first.getTime() + 15 * MINUTE);
          expect(nextOpening({ deploymentWindows: [one] }, when)).toEqual(first);
        }
      }
    }
  });
});
