import type { ByteRow } from "@honua/pg-raw";
import { isKeysetPositionInId, keysetPositionOfId, type OrderTerm } from "../layer/sort-order.ts";
import { FEATURE_START } from "./feature-json.ts";
import { MAX_COUNTED_ROWS, type PageRequest } from "./page-request.ts";

/** A page as `FeatureSql.page` reads it. */
export interface PageRow {
  /** GeoJSON of the features, with commas and line breaks between them. */
  features: Buffer;
  returned: number;
  /** True: there are more in the direction of the page. */
  hasMore: boolean;
  /** How many features match, where that was counted to the end. */
  matched: number | undefined;
  /** Place of the feature that is nearest to where the page starts, as JSON; absent on an empty page. */
  nearest: string | undefined;
  /** Place of the farthest. */
  farthest: string | undefined;
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads the row of a page, without the feature that was read only to know that there are more: the
 * last one, or the first of a page that was read backwards.
 *
 * @param order the order of the page
 */
export function readPageRow(
  row: ByteRow,
  { limit, place }: Pick<PageRequest, "limit" | "place">,
  order: readonly OrderTerm[],
): PageRow {
  const [features, fetched, places, counted] = row;
  const count = numberOf(fetched);
  const hasMore = count > limit;
  const backwards = place?.direction === "before";
  const kept = (lines: Buffer | null | undefined) =>
    hasMore ? withoutExtraLine(lines ?? EMPTY, backwards) : (lines ?? EMPTY);
  const matched = counted ? numberOf(counted) : undefined;
  const keptFeatures = kept(features);
  const isById = isKeysetPositionInId(order);
  const { first, last } = firstAndLastLine(isById ? keptFeatures : kept(places));
  const placeOf = (line: Buffer) => {
    if (line.length === 0) return undefined;
    return isById ? keysetPositionOfId(idOf(line)) : String(line);
  };
  return {
    features: withoutTrailingComma(keptFeatures, hasMore && !backwards),
    returned: Math.min(count, limit),
    hasMore,
    matched: matched !== undefined && matched <= MAX_COUNTED_ROWS ? matched : undefined,
    nearest: placeOf(backwards ? last : first),
    farthest: placeOf(backwards ? first : last),
  };
}

/** The lines without the first or the last. */
function withoutExtraLine(lines: Buffer, first: boolean): Buffer {
  return first
    ? lines.subarray(lines.indexOf("\n") + 1)
    : lines.subarray(0, Math.max(0, lines.lastIndexOf("\n")));
}

/** Each feature but the last has a comma at the end of its line. */
function withoutTrailingComma(features: Buffer, hasOne: boolean): Buffer {
  return hasOne ? features.subarray(0, -1) : features;
}

/** The first and the last line. */
function firstAndLastLine(lines: Buffer): { first: Buffer; last: Buffer } {
  const end = lines.indexOf("\n");
  if (end === -1) return { first: lines, last: lines };
  const start = lines.lastIndexOf("\n") + 1;
  return { first: lines.subarray(0, end), last: lines.subarray(start) };
}

/** The id that a feature's text begins with, as JSON; one that has no comma. */
function idOf(feature: Buffer): string {
  const start = FEATURE_START.length;
  return String(feature.subarray(start, feature.indexOf(",", start)));
}

function numberOf(text: Buffer | null | undefined): number {
  return Number(String(text));
}
