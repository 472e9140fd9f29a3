/**
 * RFC 8785 (JSON Canonicalization Scheme) text of a JSON value: keys sorted by UTF-16 code units,
 * no white space, numbers as ECMAScript writes them. A key whose value is undefined is left out.
 *
 * @throws TypeError for what JSON cannot hold: infinities, NaN, lone surrogates, functions, bigints.
 */
export function canonicalJson(value: unknown): string {
  const order = { isKept: true };
  const copy = sorted(value, order);
  // The runtime writes a large value in a fraction of the time that many small ones take.
  return order.isKept ? JSON.stringify(copy) : written(value);
}

/** Keys that an object does not keep where they were put: numbers come first, by their value. */
const MOVING_KEY = /^(\d+|__proto__)$/;

/**
 * A copy whose objects have their keys in order.
 *
 * @param order told when an object cannot have that
 */
function sorted(value: unknown, order: { isKept: boolean }): unknown {
  if (typeof value !== "object" || value === null) return scalar(value);
  if (Array.isArray(value)) return value.map((item) => sorted(item, order));
  const members = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(members).sort()) {
    if (members[key] === undefined) continue;
    if (MOVING_KEY.test(key)) order.isKept = false;
    else copy[scalar(key) as string] = sorted(members[key], order);
  }
  return copy;
}

/** The text of a value that was found to be JSON, piece by piece. */
function written(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(scalar(value));
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  const members = value as Record<string, unknown>;
  const texts = Object.keys(members)
    .sort()
    .filter((key) => members[key] !== undefined)
    .map((key) => `${written(key)}:${written(members[key])}`);
  return `{${texts.join(",")}}`;
}

function scalar(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (value.isWellFormed()) return value;
    throw new TypeError("a string with a lone surrogate is not JSON");
  }
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new TypeError(`${value} is not JSON`);
  }
  throw new TypeError(`a ${typeof value} is not JSON`);
}
