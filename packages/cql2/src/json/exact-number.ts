/** `JSON.rawJSON` and its test, which ECMAScript's library types do not have yet. */
const exactJson = JSON as unknown as {
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};

/** A number for JSON that keeps all digits: a raw JSON text where a double would change them. */
export function writeNumber(text: string): unknown {
  return String(Number(text)) === text ? Number(text) : exactJson.rawJSON(text);
}

/** The text of a JSON number, or of a raw one; undefined for anything else. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return exactJson.isRawJSON(value) ? value.rawJSON : undefined;
}

/** `JSON.parse`, except that numbers that a double would change stay raw JSON texts. */
export function parseExactJson(text: string): unknown {
  const revive = (_: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    return String(value) === context.source ? value : exactJson.rawJSON(context.source);
  };
  return JSON.parse(text, revive);
}
