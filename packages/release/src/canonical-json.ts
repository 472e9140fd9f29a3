/**
 * Serializes a JSON value by RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code
 * units, no white space, numbers as in ECMAScript. A key whose value is undefined is omitted.
 *
 * @throws TypeError for values that JSON does not have: infinities, NaN, lone surrogates, functions,
 *   bigints
 */
export function canonicalJson(value: unknown): string {
  const order = { isKept: true };
  const copy = withSortedKeys(value, order);
  // One call of JSON.stringify for the whole value is many times as fast as a call for each part.
  return order.isKept ? JSON.stringify(copy) : serialize(value);
}

/** Keys that an object does not keep in insertion order: integers come first, in numeric order. */
const REORDERED_KEY = /^(\d+|__proto__)$/;

/**
 * A copy whose objects have their keys in sorted order.
 *
 * @param order its `isKept` becomes false if an object cannot keep that order
 */
function withSortedKeys(value: unknown, order: { isKept: boolean }): unknown {
  if (typeof value !== "object" || value === null) return checkedScalar(value);
  if (Array.isArray(value)) return value.map((item) => withSortedKeys(item, order));
  const members = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(members).sort()) {
    if (members[key] === undefined) continue;
    if (REORDERED_KEY.test(key)) order.isKept = false;
    else copy[checkedScalar(key) as string] = withSortedKeys(members[key], order);
  }
  return copy;
}

/** Serializes a value part by part, in sorted order. */
function serialize(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(checkedScalar(value));
  if (Array.isArray(value)) return `[${value.map(serialize).join(",")}]`;
  const members = value as Record<string, unknown>;
  const texts = Object.keys(members)
    .sort()
    .filter((key) => members[key] !== undefined)
    .map((key) => `${serialize(key)}:${serialize(members[key])}`);
  return `{${texts.join(",")}}`;
}

function checkedScalar(value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (value.isWellFormed()) return value;
    throw new TypeError("A string with a lone surrogate is not valid JSON.");
  }
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new TypeError(`${value} is not valid JSON.`);
  }
  throw new TypeError(`A ${typeof value} is not valid JSON.`);
}
