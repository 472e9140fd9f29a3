import type { Layer, ReleaseService, Settings } from "@honua/contracts";
import type { Database } from "../datasource/open-database.ts";
import type { RequestLimits } from "../http/request-limits.ts";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { BoundProperty } from "../layer/bound-property.ts";
import { isFilterableType } from "../layer/filterable-type.ts";
import type { PageLimits } from "../layer/page-limits.ts";
import { ITEMS_PARAMETERS } from "../ogc/items-parameters.ts";
import { compileFeatureSql, type FeatureSql } from "../sql/feature-sql.ts";
import { MAX_COUNTED_ROWS } from "../sql/page-request.ts";
import type { Extent } from "./extent.ts";

/** A layer as it is served; everything a request needs is made when the release is loaded. */
export interface Collection {
  readonly layer: Layer;
  readonly service: Pick<ReleaseService, "id" | "title" | "license">;
  readonly limits: PageLimits;
  /** Characters of a filter at the most. */
  readonly filterLength: number;
  /** Value of `Cache-Control` for responses that hold absolute links. */
  readonly cacheControl: string;
  /** Value of `Cache-Control` for tiles, which hold no links. */
  readonly tileCacheControl: string;
  /** Seconds for which what was read from the table may be given again. */
  readonly cacheSeconds: number;
  /** Parameters that `/items` knows. */
  readonly parameters: ReadonlySet<string>;
  /** Undefined while the layer does not match its database; `unavailable` tells operators why. */
  readonly source: FeatureSource | undefined;
  readonly unavailable: string | undefined;
}

/** Where a collection's features come from. */
export interface FeatureSource {
  readonly database: Database;
  /** Tells databases apart, also across releases. */
  readonly databaseKey: string;
  readonly bound: BoundLayer;
  readonly sql: FeatureSql;
  /** Properties that filter and sort; also by a query parameter of their name, unless it is reserved. */
  readonly filters: ReadonlyMap<string, BoundProperty>;
  /** True for a table so small that counting it costs nothing worth saving. */
  readonly counts: boolean;
  /** True when a box must be expected to match features without a geometry. */
  mayLackGeometries(): boolean;
  /** Where its features are, once that is found out. */
  extent(): Extent["bbox"];
}

/** A layer that matches its table, and how to reach it. */
export type ConnectedLayer = Pick<
  FeatureSource,
  "database" | "databaseKey" | "bound" | "mayLackGeometries" | "extent"
>;

/** What a layer is served with. `source` is absent for a layer that failed its check. */
export function createCollection(options: {
  layer: Layer;
  service: ReleaseService;
  settings: Settings;
  defaultCacheSeconds: number;
  /** True when links do not depend on the request. */
  hasFixedLinks: boolean;
  requestLimits: Pick<RequestLimits, "filterLength" | "minTileZoom">;
  source: ConnectedLayer | undefined;
  unavailable: string | undefined;
}): Collection {
  const { service, settings, source, requestLimits } = options;
  const layer = withMinTileZoom(options.layer, requestLimits.minTileZoom);
  const max = layer.maxLimit ?? settings.maxLimit;
  const caching = layer.caching ?? settings.caching;
  return {
    layer,
    service: {
      id: service.id,
      title: service.title,
      ...(service.license ? { license: service.license } : {}),
    },
    limits: { default: Math.min(layer.defaultLimit ?? settings.defaultLimit, max), max },
    filterLength: requestLimits.filterLength,
    cacheControl: cacheControlOf(caching, {
      defaultSeconds: options.defaultCacheSeconds,
      isPublic: options.hasFixedLinks,
    }),
    tileCacheControl: cacheControlOf(caching, {
      defaultSeconds: options.defaultCacheSeconds,
      isPublic: true,
    }),
    cacheSeconds: cacheSecondsOf(caching, options.defaultCacheSeconds),
    parameters: new Set<string>([...ITEMS_PARAMETERS, ...layer.properties.map(({ name }) => name)]),
    source: source && featureSource(source),
    unavailable: options.unavailable,
  };
}

/** A layer whose tiles begin no earlier than this process allows. */
function withMinTileZoom(layer: Layer, minTileZoom: number): Layer {
  const minZoom = Math.max(layer.minZoom ?? 0, minTileZoom);
  return minZoom === (layer.minZoom ?? 0) ? layer : { ...layer, minZoom };
}

/**
 * `Cache-Control` for a caching setting. Without one, responses must be revalidated.
 *
 * @param options.isPublic false for a response whose links are made from the request: a shared cache
 *   would hand the links of one client's `Host` to another client
 */
export function cacheControlOf(
  caching: Settings["caching"],
  { defaultSeconds, isPublic }: { defaultSeconds: number; isPublic: boolean },
): string {
  const seconds = cacheSecondsOf(caching, defaultSeconds);
  return seconds > 0 ? `${isPublic ? "public" : "private"}, max-age=${seconds}` : "no-cache";
}

function cacheSecondsOf(caching: Settings["caching"], defaultSeconds: number): number {
  if (!caching) return defaultSeconds;
  return caching.enabled ? caching.ttlSeconds : 0;
}

function featureSource(source: ConnectedLayer): FeatureSource {
  const { table, properties } = source.bound;
  const filterable = properties.filter(({ property }) => isFilterableType(property.type));
  return {
    ...source,
    sql: compileFeatureSql(source.bound),
    filters: new Map(filterable.map((candidate) => [candidate.property.name, candidate])),
    counts: !table.isView && table.estimatedRows >= 0 && table.estimatedRows <= MAX_COUNTED_ROWS,
  };
}
