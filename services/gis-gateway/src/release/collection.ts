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

/** A layer being served. Everything a request needs is prepared when the release is loaded. */
export interface Collection {
  readonly layer: Layer;
  readonly service: Pick<ReleaseService, "id" | "title" | "license">;
  readonly limits: PageLimits;
  /** Maximum length of a filter in characters. */
  readonly filterLength: number;
  /** `Cache-Control` of responses that contain absolute links. */
  readonly cacheControl: string;
  /** `Cache-Control` of tiles, which contain no links. */
  readonly tileCacheControl: string;
  /** Seconds for which a response may be reused. */
  readonly cacheSeconds: number;
  /** Query parameters that `/items` accepts. */
  readonly parameters: ReadonlySet<string>;
  /** Undefined while the layer does not match its database; `unavailable` is the reason. */
  readonly source: FeatureSource | undefined;
  readonly unavailable: string | undefined;
}

/** The database and the statements that a collection's features are read with. */
export interface FeatureSource {
  readonly database: Database;
  /** Identifies the database across releases. */
  readonly databaseKey: string;
  readonly bound: BoundLayer;
  readonly sql: FeatureSql;
  /**
   * Properties that can filter, also by a query parameter of their name unless the name is
   * reserved.
   */
  readonly filters: ReadonlyMap<string, BoundProperty>;
  /** True for a table so small that counting its rows costs next to nothing. */
  readonly counts: boolean;
  /** True if a bbox may match features without a geometry. */
  mayLackGeometries(): boolean;
  /** The bounding box of all features once it has been computed. */
  extent(): Extent["bbox"];
}

/** A layer that matches its table, and its database connection. */
export type ConnectedLayer = Pick<
  FeatureSource,
  "database" | "databaseKey" | "bound" | "mayLackGeometries" | "extent"
>;

/** Creates a collection. `source` is undefined for a layer that failed validation. */
export function createCollection(options: {
  layer: Layer;
  service: ReleaseService;
  settings: Settings;
  defaultCacheSeconds: number;
  /** True if links do not depend on the request. */
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

/** The layer with at least the minimum tile zoom of this process. */
function withMinTileZoom(layer: Layer, minTileZoom: number): Layer {
  const minZoom = Math.max(layer.minZoom ?? 0, minTileZoom);
  return minZoom === (layer.minZoom ?? 0) ? layer : { ...layer, minZoom };
}

/**
 * `Cache-Control` for a caching setting. Without caching, responses must be revalidated.
 *
 * @param options.isPublic false for a response whose links depend on the request: a shared cache
 *   would send links with one client's `Host` to other clients
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
