import type { Collection } from "../release/collection.ts";

/**
 * Records the limits that led to pages too large for a single text value, so that the database does not
 * build such a page again. Entries are released with their release.
 */
export interface LongPages {
  record(collection: Collection, limit: number): void;
  has(collection: Collection, limit: number): boolean;
}

export function createLongPages(): LongPages {
  const shortest = new WeakMap<Collection, number>();
  return {
    record(collection, limit) {
      const known = shortest.get(collection) ?? Number.POSITIVE_INFINITY;
      shortest.set(collection, Math.min(known, limit));
    },
    has: (collection, limit) => limit >= (shortest.get(collection) ?? Number.POSITIVE_INFINITY),
  };
}
