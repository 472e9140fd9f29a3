import { parseQualityValues } from "./quality-values.ts";

/** A representation of a resource, and the media types that select it. */
export interface Offer<Name> {
  name: Name;
  types: readonly string[];
}

/**
 * Selects the offer that `Accept` prefers (RFC 9110, 12.5.1). If several have the same quality, the
 * first is selected. The first is also the default if the client accepts none: a response in another
 * format is more useful than 406.
 *
 * @param offers at least one
 */
export function negotiate<Name extends string>(
  accept: string | undefined,
  offers: readonly Offer<Name>[],
): Name {
  const [first] = offers;
  if (!first) throw new TypeError("At least one offer is required.");
  if (accept === undefined) return first.name;
  const qualities = parseQualityValues(accept);
  const qualityOf = (type: string) => {
    const [kind = ""] = type.split("/", 1);
    return qualities.get(type) ?? qualities.get(`${kind}/*`) ?? qualities.get("*/*") ?? 0;
  };
  let best = { name: first.name, quality: -1 };
  for (const { name, types } of offers) {
    const quality = Math.max(...types.map(qualityOf));
    if (quality > best.quality) best = { name, quality };
  }
  return best.name;
}
