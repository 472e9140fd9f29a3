/** The number of characters of a string that cost as much as one value. */
const CHARACTERS_PER_STEP = 64;

/** Counts the values that an expression reads. This bounds its cost independently of the clock. */
export interface Meter {
  /** @throws Error if the budget is exceeded; every further read then fails as well */
  spend(steps: number): void;
  isExceeded(): boolean;
}

/** @param budget the number of values that may be read; a long string counts as several */
export function createMeter(budget: number): Meter {
  let left = budget;
  return {
    spend(steps) {
      left -= steps;
      if (left < 0) throw new Error(`The condition read more than ${budget} values.`);
    },
    isExceeded: () => left < 0,
  };
}

/**
 * A JSON value for CEL whose reads are metered. Whole numbers become CEL integers. Lists and objects
 * return their items through getters, so that reading a list twice costs twice as much. This bounds
 * nested loops.
 */
export function meteredValue(value: unknown, meter: Meter): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value instanceof Date || typeof value !== "object" || value === null) return value ?? null;
  const target = Array.isArray(value) ? new Array(value.length) : {};
  return withGetters(target, value, (inner) => meteredValue(inner, meter), meter);
}

/** A metered list of records of one type. */
export function meteredList(
  items: readonly object[],
  Item: RecordClass,
  meter: Meter,
): readonly unknown[] {
  const record = (item: unknown) => new Item(item as Fields, meter);
  return withGetters(new Array(items.length), items, record, meter);
}

type Fields = Readonly<Record<string, unknown>>;
type RecordClass = new (source: Fields, meter: Meter) => object;

/**
 * Creates a class whose instances return the fields of an object and meter each read. CEL determines
 * the type of a value by its class. A missing field is null.
 *
 * @param inner reads the fields that are not plain JSON
 */
export function recordClass(
  fields: readonly string[],
  inner: Readonly<Record<string, (value: never, meter: Meter) => unknown>> = {},
): RecordClass {
  class Record {
    readonly source: Fields;
    readonly meter: Meter;
    constructor(source: Fields, meter: Meter) {
      this.source = source;
      this.meter = meter;
    }
  }
  for (const field of fields) {
    const read: (value: never, meter: Meter) => unknown = inner[field] ?? meteredValue;
    Object.defineProperty(Record.prototype, field, {
      get(this: Record) {
        const value = this.source[field];
        this.meter.spend(costOf(value));
        return read(value as never, this.meter);
      },
    });
  }
  return Record;
}

function withGetters<Target extends object>(
  target: Target,
  source: object,
  wrap: (value: unknown) => unknown,
  meter: Meter,
): Target {
  const entries = Object.entries(source);
  meter.spend(entries.length);
  for (const [key, value] of entries) {
    Object.defineProperty(target, key, {
      enumerable: true,
      get() {
        meter.spend(costOf(value));
        return wrap(value);
      },
    });
  }
  return target;
}

function costOf(value: unknown): number {
  return 1 + (typeof value === "string" ? value.length / CHARACTERS_PER_STEP : 0);
}
