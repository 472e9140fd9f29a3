import type { Layer } from "@honua/contracts";
import { epsgCodeOf, type ReferenceSystem } from "./reference-system.ts";

/** A coordinate reference system that clients can request by its URI. */
export type OfferedSystem = ReferenceSystem & { uri: string };

/** Offered by every layer besides CRS84, because GIS clients and web maps request them. */
const DEFAULT_SRIDS = [4326, 3857];

/** SRIDs in which a layer's features may be requested. */
export function sridsOf({ srid, crs = [] }: Layer): number[] {
  return [...DEFAULT_SRIDS, srid, ...crs.flatMap((uri) => epsgCodeOf(uri) ?? [])];
}

/**
 * The systems offered by a layer besides CRS84: the default ones, its own and the configured ones.
 */
export function offeredSystems(
  layer: Layer,
  systems: ReadonlyMap<number, ReferenceSystem>,
): OfferedSystem[] {
  return [...new Set(sridsOf(layer))].flatMap((srid) => {
    const system = systems.get(srid);
    return system?.uri === undefined ? [] : [{ ...system, uri: system.uri }];
  });
}
