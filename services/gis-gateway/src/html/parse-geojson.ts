/** A feature as views show it. */
export interface ViewFeature {
  id: string | number;
  geometry: { type: string; coordinates?: unknown } | null;
  properties: Record<string, unknown>;
}

/** A JavaScript number represents any number with fewer digits exactly. */
const MANY_DIGITS = /\d[\d.]{15}/;

/**
 * Parses GeoJSON text. Numbers with more digits than a JavaScript number become strings, so that
 * views show the stored digits. The slower parser is used only for texts with such numbers.
 */
export function parseGeojson<Result>(text: string): Result {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as Result;
  const exact = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined && MANY_DIGITS.test(context.source)
      ? context.source
      : value;
  return JSON.parse(text, exact) as Result;
}
