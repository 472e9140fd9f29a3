import type { Row } from "@honua/pg-raw";
import type { Log } from "@honua/service-kit";
import type { BoundLayer } from "../layer/bound-layer.ts";
import {
  estimatedExtentStatement,
  exactExtentStatement,
  exactIntervalStatement,
} from "../sql/extent-sql.ts";
import type { Collection, FeatureSource } from "./collection.ts";
import type { Extent } from "./extent.ts";

/** Caches extents by table and columns, so that a reload does not compute them again. */
export interface ExtentCache {
  /** The computed extent of a source, regardless of a configured one. */
  get(source: Pick<FeatureSource, "databaseKey" | "bound">): Extent | undefined;
  /** The configured or computed extents of these collections, by collection id. */
  extentsOf(collections: ReadonlyMap<string, Collection>): ReadonlyMap<string, Extent>;
  /**
   * Computes the missing extents. A collection whose extent cannot be computed stays without one.
   */
  computeMissing(collections: ReadonlyMap<string, Collection>): Promise<void>;
}

/**
 * The extent of a table with up to this many rows is computed exactly; of a larger one, estimated.
 */
const MAX_EXACT_ROWS = 50_000;
/** Extents that are computed at the same time. */
const MAX_CONCURRENT = 2;

export function createExtentCache(log: Log): ExtentCache {
  const known = new Map<string, Extent>();
  let running = Promise.resolve();

  return {
    get: (source) => known.get(keyOf(source)),
    extentsOf(collections) {
      const extents = new Map<string, Extent>();
      for (const [id, collection] of collections) {
        const computed = collection.source && known.get(keyOf(collection.source));
        const extent = withConfiguredBox(collection, computed);
        if (extent?.bbox || extent?.interval) extents.set(id, extent);
      }
      return extents;
    },
    computeMissing(collections) {
      // Calls run sequentially, so that each call can reuse the results of the previous one.
      running = running.then(() => findMissing(collections));
      return running;
    },
  };

  async function findMissing(collections: ReadonlyMap<string, Collection>): Promise<void> {
    const missing = new Map<string, FeatureSource>();
    for (const { source } of collections.values()) {
      if (source && !known.has(keyOf(source))) missing.set(keyOf(source), source);
    }
    const waiting = missing.entries();
    const findNext = async () => {
      for (const [key, source] of waiting) {
        try {
          known.set(key, await computeExtent(source));
        } catch (error) {
          log.debug(
            { err: error, table: source.bound.table.name },
            "Could not compute the extent of a table",
          );
        }
      }
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT }, findNext));
  }
}

function keyOf({ databaseKey, bound }: Pick<FeatureSource, "databaseKey" | "bound">): string {
  const { table, geometry, temporal } = bound;
  return JSON.stringify([
    databaseKey,
    table.schema,
    table.name,
    geometry.name,
    temporal?.start.name,
    temporal?.end.name,
    bound.layer.filter,
  ]);
}

/** A configured box replaces the computed one. */
function withConfiguredBox(
  { layer }: Collection,
  computed: Extent | undefined,
): Extent | undefined {
  if (!layer.extent) return computed;
  return { ...computed, bbox: layer.extent as unknown as NonNullable<Extent["bbox"]> };
}

async function computeExtent(source: FeatureSource): Promise<Extent> {
  const { database, bound } = source;
  const isSmall = isComputedExactly(bound);
  const bbox = isSmall
    ? bboxOf(await database.query(exactExtentStatement(bound)))
    : await estimateOrCompute(source);
  const { temporal } = bound;
  const interval =
    temporal && (isSmall || isIndexed(bound, temporal.start.name, temporal.end.name))
      ? intervalOf(await database.query(exactIntervalStatement(bound, temporal)))
      : undefined;
  return { ...(bbox ? { bbox } : {}), ...(interval ? { interval } : {}) };
}

async function estimateOrCompute({ database, bound }: FeatureSource): Promise<Extent["bbox"]> {
  // Views and tables without statistics have no estimate: the statement fails or returns null.
  const estimate = await database
    .query(estimatedExtentStatement(bound))
    .then(bboxOf, () => undefined);
  return estimate ?? bboxOf(await database.query(exactExtentStatement(bound)));
}

function isComputedExactly({ table, restriction }: BoundLayer): boolean {
  if (restriction) return true;
  return table.estimatedRows >= 0 && table.estimatedRows <= MAX_EXACT_ROWS && !table.isView;
}

function isIndexed({ table }: BoundLayer, ...names: string[]): boolean {
  return names.every((name) =>
    table.indexes.some(({ method, columns }) => method === "btree" && columns[0] === name),
  );
}

/**
 * Rounded outwards to a centimetre and clamped to CRS84; undefined for a table without features.
 */
function bboxOf([row]: readonly Row[]): Extent["bbox"] {
  const corner = (name: string) => (row?.[name] === null ? Number.NaN : Number(row?.[name]));
  const bbox = [
    Math.max(-180, roundTo(Math.floor, corner("west"))),
    Math.max(-90, roundTo(Math.floor, corner("south"))),
    Math.min(180, roundTo(Math.ceil, corner("east"))),
    Math.min(90, roundTo(Math.ceil, corner("north"))),
  ] as const;
  return bbox.every(Number.isFinite) ? bbox : undefined;
}

const CENTIMETRE_SCALE = 1e7;

function roundTo(direction: (value: number) => number, degrees: number): number {
  const scaled = degrees * CENTIMETRE_SCALE;
  // A value that is whole except for floating-point error is not rounded.
  const whole = Math.round(scaled);
  return (Math.abs(scaled - whole) < 1e-4 ? whole : direction(scaled)) / CENTIMETRE_SCALE;
}

function intervalOf([row]: readonly Row[]): Extent["interval"] {
  const instant = (json: unknown) => {
    const text = typeof json === "string" ? (JSON.parse(json) as string | null) : null;
    return text === null || text.endsWith("infinity") ? null : `${text}Z`;
  };
  const interval = [instant(row?.first), instant(row?.last)] as const;
  return interval[0] === null && interval[1] === null ? undefined : interval;
}
