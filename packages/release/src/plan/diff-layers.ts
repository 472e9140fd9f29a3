import type { Layer, PlanChange, Release } from "@honua/contracts";
import { configurationPaths } from "../compile/configuration-files.ts";
import { formatTableName } from "../source/table-name.ts";
import { diffLayer, type PlacedLayer } from "./diff-layer.ts";
import { added, type ChangeSubject, modified, removed, withoutPointer } from "./plan-change.ts";

/** The layers of a release by id, each with its service and the settings around it. */
export function placedLayers({ services, settings }: Release): Map<string, PlacedLayer> {
  return new Map(
    services.flatMap(({ id: service, layers }) =>
      layers.map((layer) => [layer.id, { layer, service, settings }] as const),
    ),
  );
}

/** Layers added, modified and removed. A layer is known by its id, wherever it stands. */
export function diffLayers(before: Release, after: Release): PlanChange[] {
  const [was, is] = [placedLayers(before), placedLayers(after)];
  const file = configurationPaths(after.environment).metadata;
  const subject = ({ id, pointer }: Layer): ChangeSubject => ({
    type: "layer",
    id,
    path: pointer,
    file,
  });
  const gone = [...was.values()].filter(({ layer }) => !is.has(layer.id));
  const fresh = [...is.values()].filter(({ layer }) => !was.has(layer.id));
  const renamed = renamedLayers(gone, fresh);

  return [
    ...fresh.map(({ layer, service }) => added(subject(layer), shown(layer, service))),
    ...[...is.values()].flatMap((now) => {
      const then = was.get(now.layer.id);
      return then === undefined ? [] : modified(subject(now.layer), diffLayer(then, now));
    }),
    ...gone.map(({ layer, service }) => {
      const newId = renamed.get(layer.id);
      const reason = newId === undefined ? undefined : `collection id changed to "${newId}"`;
      return removed(subject(layer), shown(layer, service), reason);
    }),
  ];
}

function shown(layer: Layer, service: string): unknown {
  return { ...withoutPointer(layer), service };
}

/** New ids of the layers that vanish while exactly one new layer reads the same table. */
function renamedLayers(
  gone: readonly PlacedLayer[],
  fresh: readonly PlacedLayer[],
): Map<string, string> {
  const readers = Map.groupBy(fresh, ({ layer }) => dataRead(layer));
  const leavers = Map.groupBy(gone, ({ layer }) => dataRead(layer));
  return new Map(
    gone.flatMap(({ layer }) => {
      const [heir, ...others] = readers.get(dataRead(layer)) ?? [];
      const isOnlyLeaver = leavers.get(dataRead(layer))?.length === 1;
      if (heir === undefined || others.length > 0 || !isOnlyLeaver) return [];
      return [[layer.id, heir.layer.id]];
    }),
  );
}

function dataRead({ datasource, table, geometryColumn }: Layer): string {
  return JSON.stringify([datasource, formatTableName(table), geometryColumn]);
}
