import type { Layer, PlanChange, Release } from "@honua/contracts";
import { configurationPaths } from "../compile/configuration-files.ts";
import { formatTableName } from "../source/table-name.ts";
import { diffLayer, type LayerInRelease } from "./diff-layer.ts";
import { added, type ChangeSubject, modified, removed, withoutPointer } from "./plan-change.ts";

/** The layers of a release by id, each with its service and the settings of the release. */
export function layersById({ services, settings }: Release): Map<string, LayerInRelease> {
  return new Map(
    services.flatMap(({ id: service, layers }) =>
      layers.map((layer) => [layer.id, { layer, service, settings }] as const),
    ),
  );
}

/**
 * Layers added, modified and removed. A layer keeps its identity when it moves to another service.
 */
export function diffLayers(before: Release, after: Release): PlanChange[] {
  const [was, is] = [layersById(before), layersById(after)];
  const file = configurationPaths(after.environment).metadata;
  const subject = ({ id, pointer }: Layer): ChangeSubject => ({
    type: "layer",
    id,
    path: pointer,
    file,
  });
  const removedLayers = [...was.values()].filter(({ layer }) => !is.has(layer.id));
  const addedLayers = [...is.values()].filter(({ layer }) => !was.has(layer.id));
  const renamed = renamedLayers(removedLayers, addedLayers);

  return [
    ...addedLayers.map(({ layer, service }) => added(subject(layer), shown(layer, service))),
    ...[...is.values()].flatMap((now) => {
      const then = was.get(now.layer.id);
      return then === undefined ? [] : modified(subject(now.layer), diffLayer(then, now));
    }),
    ...removedLayers.map(({ layer, service }) => {
      const newId = renamed.get(layer.id);
      const reason = newId === undefined ? undefined : `collection id changed to "${newId}"`;
      return removed(subject(layer), shown(layer, service), reason);
    }),
  ];
}

function shown(layer: Layer, service: string): unknown {
  return { ...withoutPointer(layer), service };
}

/** Detects renamed layers: exactly one removed and one added layer read the same data. */
function renamedLayers(
  removedLayers: readonly LayerInRelease[],
  addedLayers: readonly LayerInRelease[],
): Map<string, string> {
  const addedByData = Map.groupBy(addedLayers, ({ layer }) => dataSourceKey(layer));
  const removedByData = Map.groupBy(removedLayers, ({ layer }) => dataSourceKey(layer));
  return new Map(
    removedLayers.flatMap(({ layer }) => {
      const [successor, ...others] = addedByData.get(dataSourceKey(layer)) ?? [];
      const isOnlyRemoved = removedByData.get(dataSourceKey(layer))?.length === 1;
      if (successor === undefined || others.length > 0 || !isOnlyRemoved) return [];
      return [[layer.id, successor.layer.id]];
    }),
  );
}

function dataSourceKey({ datasource, table, geometryColumn }: Layer): string {
  return JSON.stringify([datasource, formatTableName(table), geometryColumn]);
}
