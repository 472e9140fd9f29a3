const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * The wall clock of a time zone. A reading is the local time that the clock shows, in milliseconds since
 * 1970 as if it were UTC. Readings can be calculated with, although the clock itself jumps.
 */
export interface ZoneClock {
  /** The reading at an instant, in milliseconds since 1970. */
  reading(instant: number): number;
  /**
   * The instants at which the clock shows a reading: one; two if the clock was put back; the instant
   * of the jump if the clock was put forward past the reading.
   */
  instantsShowing(reading: number): number[];
  /** The instants after `from`, up to `to`, at which the clock is put forward or back. */
  jumps(from: number, to: number): number[];
}

/** True if the runtime has a time zone with this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError if the zone does not exist; check with `isTimeZone` first */
export function createZoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });

  const reading = (instant: number): number => {
    const shown: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instant)) shown[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
    const withinSecond = ((instant % 1_000) + 1_000) % 1_000;
    return Date.UTC(year, month - 1, day, hour, minute, second) + withinSecond;
  };
  const offset = (instant: number) => reading(instant) - instant;

  /** The instant of the jump between two instants with different offsets, to the minute. */
  const jumpBetween = (from: number, to: number): number => {
    const before = offset(from);
    let [low, high] = [Math.floor(from / MINUTE), Math.ceil(to / MINUTE)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offset(middle * MINUTE) === before) low = middle;
      else high = middle;
    }
    return high * MINUTE;
  };

  return {
    reading,
    instantsShowing(wanted) {
      const [early, late] = [wanted - DAY, wanted + DAY];
      const offsets = new Set([offset(early), offset(late)]);
      const instants = [...offsets]
        .map((difference) => wanted - difference)
        .filter((instant) => reading(instant) === wanted)
        .sort((a, b) => a - b);
      return instants.length > 0 ? instants : [jumpBetween(early, late)];
    },
    jumps(from, to) {
      const found: number[] = [];
      for (let at = from; at < to; at += DAY) {
        const until = Math.min(at + DAY, to);
        if (offset(at) !== offset(until)) found.push(jumpBetween(at, until));
      }
      return found;
    },
  };
}
