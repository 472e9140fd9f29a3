import type { Layer } from "@honua/contracts";
import { epsgCodeOf, type ReferenceSystem } from "./reference-system.ts";

/** A coordinate reference system that clients can ask for by its URI. */
export type OfferedSystem = ReferenceSystem & { uri: string };

/** Offered by every layer besides CRS84: what GIS clients and web maps ask for. */
const DEFAULT_SRIDS = [4326, 3857];

/** SRIDs that a layer's features may be asked for. */
export function sridsOf({ srid, crs = [] }: Layer): number[] {
  return [...DEFAULT_SRIDS, srid, ...crs.flatMap((uri) => epsgCodeOf(uri) ?? [])];
}

/** The systems that a layer is offered in besides CRS84: the usual ones, its own, the configured. */
export function offeredSystems(
  layer: Layer,
  systems: ReadonlyMap<number, ReferenceSystem>,
): OfferedSystem[] {
  return [...new Set(sridsOf(layer))].flatMap((srid) => {
    const system = systems.get(srid);
    return system?.uri === undefined ? [] : [{ ...system, uri: system.uri }];
  });
}
