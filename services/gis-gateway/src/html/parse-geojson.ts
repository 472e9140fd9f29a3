/** A feature as pages show it. */
export interface ViewFeature {
  id: string | number;
  geometry: { type: string; coordinates?: unknown } | null;
  properties: Record<string, unknown>;
}

/** Numbers of fewer digits survive being read into a JavaScript number. */
const MANY_DIGITS = /\d[\d.]{15}/;

/**
 * Reads GeoJSON text. Numbers with more digits than JavaScript keeps become text, so that pages show
 * what is stored; the slower way is taken only when there are some.
 */
export function parseGeojson<Result>(text: string): Result {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as Result;
  const exact = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined && MANY_DIGITS.test(context.source)
      ? context.source
      : value;
  return JSON.parse(text, exact) as Result;
}
