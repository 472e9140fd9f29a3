import type { Release } from "@honua/contracts";
import type { Database } from "../datasource/open-database.ts";
import type { Collection } from "./collection.ts";
import type { Extent } from "./extent.ts";

/** Title of the API if the configuration has none. */
export const DEFAULT_TITLE = "Honua GIS services";

/** A release as it is served: one immutable value, swapped whole. */
export interface ActiveRelease {
  readonly digest: string;
  readonly release: Release;
  /** By id, in the order of the configuration. */
  readonly collections: ReadonlyMap<string, Collection>;
  /** The databases that could be reached when the release was loaded, by datasource id. */
  readonly databases: ReadonlyMap<string, Database>;
  /** By collection id; a collection whose extent is not known yet has none. */
  readonly extents: ReadonlyMap<string, Extent>;
  /** `Cache-Control` of the documents that describe the whole release; they hold absolute links. */
  readonly cacheControl: string;
  /** `Cache-Control` of tiles of several collections. */
  readonly tileCacheControl: string;
}
