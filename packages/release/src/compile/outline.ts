import { z } from "zod";

/**
 * The parts of the files that the check of cross references needs. A value of the wrong type counts as
 * absent, so that a mistake elsewhere in a layer does not hide a missing datasource.
 */
const text = z.string().optional().catch(undefined);
const count = z.number().int().positive().optional().catch(undefined);
const level = z.number().int().optional().catch(undefined);
const entries = <Item extends z.ZodType>(item: Item) =>
  z.array(item.or(z.unknown().transform(() => undefined)));
const listOf = <Item extends z.ZodType>(item: Item) => entries(item).catch([]);
const optionalListOf = <Item extends z.ZodType>(item: Item) =>
  entries(item).optional().catch(undefined);

const propertyOutline = z.object({ name: text });
const layerOutline = z.object({
  id: text,
  datasource: text,
  properties: optionalListOf(propertyOutline),
  fields: optionalListOf(propertyOutline),
  defaultLimit: count,
  maxLimit: count,
  minZoom: level,
  maxZoom: level,
});
const serviceOutline = z.object({ id: text, layers: listOf(layerOutline) });
const datasourceOutline = z.object({ id: text, connectionString: text });

export const metadataOutline = z
  .object({ services: listOf(serviceOutline) })
  .catch({ services: [] });
export const datasourcesOutline = z
  .object({ datasources: listOf(datasourceOutline) })
  .catch({ datasources: [] });

export type MetadataOutline = z.infer<typeof metadataOutline>;
export type LayerOutline = z.infer<typeof layerOutline>;
export type DatasourceOutline = z.infer<typeof datasourceOutline>;

/** An entry of a file with its path. */
export interface Entry<Value> {
  readonly path: readonly (string | number)[];
  readonly value: Value;
}

/** The entries of a list that have the expected type. */
export function entriesOf<Value>(
  list: readonly (Value | undefined)[] = [],
  ...under: (string | number)[]
): Entry<Value>[] {
  return list.flatMap((value, index) =>
    value === undefined ? [] : [{ path: [...under, index], value }],
  );
}
