import type { Release } from "@honua/contracts";
import type { Database } from "../datasource/open-database.ts";
import type { Collection } from "./collection.ts";
import type { Extent } from "./extent.ts";

/** Title of the API if the configuration has none. */
export const DEFAULT_TITLE = "Honua GIS services";

/** The release being served: one immutable value that activation replaces as a whole. */
export interface ActiveRelease {
  readonly digest: string;
  readonly release: Release;
  /** By id, in configuration order. */
  readonly collections: ReadonlyMap<string, Collection>;
  /** The databases that were reachable when the release was loaded, by datasource id. */
  readonly databases: ReadonlyMap<string, Database>;
  /** By collection id, without collections whose extent is not known yet. */
  readonly extents: ReadonlyMap<string, Extent>;
  /** `Cache-Control` of the documents about the whole release, which contain absolute links. */
  readonly cacheControl: string;
  /** `Cache-Control` of tiles of several collections. */
  readonly tileCacheControl: string;
}
