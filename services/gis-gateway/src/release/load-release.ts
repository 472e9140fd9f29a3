import type { Problem, Release } from "@honua/contracts";
import { messageOf } from "@honua/service-kit";
import { connectDatasource } from "../datasource/connect-datasource.ts";
import type { DatabaseLease, DatabaseRegistry } from "../datasource/database-registry.ts";
import type { Database } from "../datasource/open-database.ts";
import type { SecretSource } from "../datasource/secret-references.ts";
import type { RequestLimits } from "../http/request-limits.ts";
import { checkDatasource } from "../validation/check-datasource.ts";
import type { LayerCheck } from "../validation/check-layer.ts";
import type { ActiveRelease } from "./active-release.ts";
import {
  type Collection,
  type ConnectedLayer,
  cacheControlOf,
  createCollection,
} from "./collection.ts";
import type { ExtentCache } from "./extent-cache.ts";
import type { NullGeometryTracker } from "./null-geometry-tracker.ts";
import type { ReleaseDocument } from "./release-document.ts";

export interface LoadReleaseDeps {
  environment: string;
  databases: DatabaseRegistry;
  secrets: SecretSource;
  extents: ExtentCache;
  nullGeometries: NullGeometryTracker;
  defaultCacheSeconds: number;
  /** Base URL of links. Defaults to that of the release, then to that of the request. */
  publicUrl?: string | undefined;
  limits: Pick<RequestLimits, "filterLength" | "minTileZoom">;
}

/** A release with its database connections. A layer with a problem is present but unavailable. */
export interface LoadedRelease {
  document: ReleaseDocument;
  active: ActiveRelease;
  problems: Problem[];
  warnings: Problem[];
  /** Releases the connections. */
  dispose(): void;
}

/**
 * Connects a release's datasources and compares every layer with its table. Reports failures as
 * problems and never throws.
 */
export async function loadRelease(
  document: ReleaseDocument,
  deps: LoadReleaseDeps,
): Promise<LoadedRelease> {
  const { release } = document;
  const { defaultCacheSeconds } = deps;
  const { caching, baseUrl } = release.settings;
  const hasFixedLinks = (deps.publicUrl ?? baseUrl) !== undefined;
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  if (release.environment !== deps.environment) {
    problems.push({
      code: "wrong-environment",
      message: `The release is for environment '${release.environment}', but this gateway serves '${deps.environment}'.`,
    });
  }
  const datasources = await loadDatasources(release, deps);
  for (const datasource of datasources.values()) problems.push(...datasource.problems);

  const collections = new Map<string, Collection>();
  const checkedLayers = new Map<string, number>();
  for (const service of release.services) {
    for (const layer of service.layers) {
      const datasource = datasources.get(layer.datasource);
      const position = checkedLayers.get(layer.datasource) ?? 0;
      checkedLayers.set(layer.datasource, position + 1);
      const check = datasource?.checks[position];
      problems.push(...(check?.problems ?? []));
      warnings.push(...(check?.warnings ?? []));
      const source = connectedLayer(datasource?.lease, check, deps);
      const reason = check?.problems[0]?.message ?? datasource?.problems[0]?.message;
      collections.set(
        layer.id,
        createCollection({
          layer,
          service,
          settings: release.settings,
          defaultCacheSeconds,
          hasFixedLinks,
          requestLimits: deps.limits,
          source,
          unavailable: source ? undefined : (reason ?? "The datasource is not configured."),
        }),
      );
    }
  }

  const leases = [...datasources].flatMap(([id, { lease }]) => (lease ? [{ id, lease }] : []));
  return {
    document,
    problems,
    warnings,
    active: {
      digest: document.digest,
      release,
      collections,
      databases: new Map<string, Database>(leases.map(({ id, lease }) => [id, lease.database])),
      extents: deps.extents.extentsOf(collections),
      cacheControl: cacheControlOf(caching, {
        defaultSeconds: defaultCacheSeconds,
        isPublic: hasFixedLinks,
      }),
      tileCacheControl: cacheControlOf(caching, {
        defaultSeconds: defaultCacheSeconds,
        isPublic: true,
      }),
    },
    dispose() {
      for (const { lease } of leases) lease.release();
    },
  };
}

function connectedLayer(
  lease: DatabaseLease | undefined,
  check: LayerCheck | undefined,
  { nullGeometries, extents }: Pick<LoadReleaseDeps, "nullGeometries" | "extents">,
): ConnectedLayer | undefined {
  const bound = check?.bound;
  if (!lease || !bound) return undefined;
  const source = { database: lease.database, databaseKey: lease.key, bound };
  return {
    ...source,
    mayLackGeometries: () =>
      !bound.geometry.notNull && !nullGeometries.hasNoNullGeometry(lease.key, bound),
    extent: () => extents.get(source)?.bbox,
  };
}

interface LoadedDatasource {
  lease?: DatabaseLease;
  problems: Problem[];
  /** One for each layer of the datasource, in release order. */
  checks: LayerCheck[];
}

/** Connects and checks all datasources concurrently, except those that no layer uses. */
async function loadDatasources(
  release: Release,
  deps: LoadReleaseDeps,
): Promise<Map<string, LoadedDatasource>> {
  const layers = release.services.flatMap((service) => service.layers);
  const folder = `environments/${release.environment}`;
  const loaded = release.datasources.map(async (datasource) => {
    const own = layers.filter((layer) => layer.datasource === datasource.id);
    if (own.length === 0) return { id: datasource.id, problems: [], checks: [] };
    const file = `${folder}/datasources.json`;
    const connected = await connectDatasource(datasource, { ...deps, file });
    if ("problems" in connected) {
      return { id: datasource.id, problems: connected.problems, checks: [] };
    }
    const { lease } = connected;
    try {
      const checks = await checkDatasource(lease.database, own, `${folder}/metadata.json`);
      return { id: datasource.id, lease, problems: [], checks };
    } catch (error) {
      lease.release();
      const message = `Could not read the catalogue of datasource "${datasource.id}": ${messageOf((error as Error).cause ?? error)}`;
      const problem: Problem = {
        code: "database-unreadable",
        message,
        file,
        pointer: datasource.pointer,
      };
      return { id: datasource.id, problems: [problem], checks: [] };
    }
  });
  return new Map((await Promise.all(loaded)).map(({ id, ...datasource }) => [id, datasource]));
}
