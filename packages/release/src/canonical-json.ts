/**
 * RFC 8785 (JSON Canonicalization Scheme) text of a JSON value: keys sorted by UTF-16 code units,
 * no white space, numbers as ECMAScript writes them. A key whose value is undefined is left out.
 *
 * @throws TypeError for what JSON cannot hold: infinities, NaN, lone surrogates, functions, bigints.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("a string with a lone surrogate is not JSON");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is not JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const members = value as Record<string, unknown>;
    let text = "";
    for (const key of Object.keys(members).sort()) {
      if (members[key] === undefined) continue;
      text += `${text === "" ? "" : ","}${canonicalJson(key)}:${canonicalJson(members[key])}`;
    }
    return `{${text}}`;
  }
  throw new TypeError(`a ${typeof value} is not JSON`);
}
