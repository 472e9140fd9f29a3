import type { ByteRow } from "@honua/pg-raw";
import { isKeysetPositionInId, keysetPositionOfId, type OrderTerm } from "../layer/sort-order.ts";
import { FEATURE_START } from "./feature-json.ts";
import { MAX_COUNTED_ROWS, type PageRequest } from "./page-request.ts";

/** The result of `FeatureSql.page`. */
export interface PageRow {
  /** GeoJSON of the features, separated by commas and line breaks. */
  features: Buffer;
  returned: number;
  /** True if there are more features in the direction of the page. */
  hasMore: boolean;
  /** The number of matching features if all were counted. */
  matched: number | undefined;
  /** Keyset position, as JSON, of the feature nearest to the start; undefined on an empty page. */
  nearest: string | undefined;
  /** Keyset position of the feature farthest from the start. */
  farthest: string | undefined;
}

const EMPTY = Buffer.alloc(0);

/**
 * Parses the row of a page and removes the extra feature, which only shows that there are more: the
 * last one, or the first one of a page that was read backwards.
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
  const isPositionInId = isKeysetPositionInId(order);
  const { first, last } = firstAndLastLine(isPositionInId ? keptFeatures : kept(places));
  const placeOf = (line: Buffer) => {
    if (line.length === 0) return undefined;
    return isPositionInId ? keysetPositionOfId(idOf(line)) : String(line);
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

/** The lines without the first or the last one. */
function withoutExtraLine(lines: Buffer, first: boolean): Buffer {
  return first
    ? lines.subarray(lines.indexOf("\n") + 1)
    : lines.subarray(0, Math.max(0, lines.lastIndexOf("\n")));
}

/** Every line except the last ends with a comma. */
function withoutTrailingComma(features: Buffer, hasComma: boolean): Buffer {
  return hasComma ? features.subarray(0, -1) : features;
}

/** The first and the last line. */
function firstAndLastLine(lines: Buffer): { first: Buffer; last: Buffer } {
  const end = lines.indexOf("\n");
  if (end === -1) return { first: lines, last: lines };
  const start = lines.lastIndexOf("\n") + 1;
  return { first: lines.subarray(0, end), last: lines.subarray(start) };
}

/** The id at the start of a feature's text, as JSON. It must not contain a comma. */
function idOf(feature: Buffer): string {
  const start = FEATURE_START.length;
  return String(feature.subarray(start, feature.indexOf(",", start)));
}

function numberOf(text: Buffer | null | undefined): number {
  return Number(String(text));
}
