import type { ByteRow } from "../database/row-tap.ts";
import { COUNTED_ROWS, type PageRequest } from "./feature-sql.ts";
import { type OrderTerm, placeOfLine } from "./page-order.ts";

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

const BETWEEN = ",\n";
const NOTHING = Buffer.alloc(0);

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
  const hasMore = numberOf(fetched) > limit;
  const backwards = place?.direction === "before";
  const lines = String(places ?? "").split("\n");
  if (hasMore && backwards) lines.shift();
  if (hasMore && !backwards) lines.pop();
  const matched = counted ? numberOf(counted) : undefined;
  const placeAt = (at: number) => {
    const line = lines.at(at);
    return line === undefined || line === "" ? undefined : placeOfLine(order, line);
  };
  return {
    features: hasMore ? without(features ?? NOTHING, backwards) : (features ?? NOTHING),
    returned: Math.min(numberOf(fetched), limit),
    hasMore,
    matched: matched !== undefined && matched <= COUNTED_ROWS ? matched : undefined,
    nearest: placeAt(backwards ? -1 : 0),
    farthest: placeAt(backwards ? 0 : -1),
  };
}

/** The features without the first or the last; no feature has a line break inside. */
function without(features: Buffer, first: boolean): Buffer {
  return first
    ? features.subarray(features.indexOf(BETWEEN) + BETWEEN.length)
    : features.subarray(0, features.lastIndexOf(BETWEEN));
}

function numberOf(text: Buffer | null | undefined): number {
  return Number(String(text));
}
