/**
 * `JSON.rawJSON` and `JSON.isRawJSON`, which the type definitions of ECMAScript do not have yet.
 */
const exactJson = JSON as unknown as {
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};

/** A number for JSON with all its digits: raw JSON text if a double would change them. */
export function writeNumber(text: string): unknown {
  return String(Number(text)) === text ? Number(text) : exactJson.rawJSON(text);
}

/** The text of a JSON number or a raw number. Undefined for other values. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return exactJson.isRawJSON(value) ? value.rawJSON : undefined;
}

/** `JSON.parse` that keeps a number as raw JSON text if a double would change it. */
export function parseExactJson(text: string): unknown {
  const revive = (_: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    return String(value) === context.source ? value : exactJson.rawJSON(context.source);
  };
  return JSON.parse(text, revive);
}
