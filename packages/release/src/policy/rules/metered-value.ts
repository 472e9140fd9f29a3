/** Characters of a text that cost as much as one value. */
const CHARACTERS_A_STEP = 64;

/** Counts what an expression reads, so that its cost has a bound that no clock decides. */
export interface Meter {
  /** @throws Error when nothing is left; from then on every further reading fails at once */
  spend(steps: number): void;
  isExceeded(): boolean;
}

/** @param budget values that may be read; a long text counts as several */
export function createMeter(budget: number): Meter {
  let left = budget;
  return {
    spend(steps) {
      left -= steps;
      if (left < 0) throw new Error(`more than ${budget} values were read`);
    },
    isExceeded: () => left < 0,
  };
}

/**
 * A JSON value as CEL reads it, each reading paid for: whole numbers become integers of CEL, and
 * lists and objects hand out what is in them through getters. An expression that reads a list again
 * and again pays again and again, which is what bounds loops inside of loops.
 */
export function meteredValue(value: unknown, meter: Meter): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value instanceof Date || typeof value !== "object" || value === null) return value ?? null;
  const target = Array.isArray(value) ? new Array(value.length) : {};
  return withGetters(target, value, (inner) => meteredValue(inner, meter), meter);
}

/** A list whose items are read as records of one type. */
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
 * A class whose instances hand out the fields of an object, each reading paid for. CEL knows the type
 * of a value by its class. A field that the object lacks is null.
 *
 * @param inner how fields are read that are no plain JSON
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
  return 1 + (typeof value === "string" ? value.length / CHARACTERS_A_STEP : 0);
}
