import type {
  Datasource,
  DeploymentPolicy,
  Layer,
  Property,
  Release,
  ReleaseService,
  Settings,
} from "@honua/contracts";
import { crsUriOf } from "../source/crs-name.ts";
import type { DatasourceSource } from "../source/datasources-source.ts";
import { jsonPointer } from "../source/json-pointer.ts";
import type { LayerSource, PropertySource } from "../source/layer-source.ts";
import type { ServiceSource } from "../source/metadata-source.ts";
import { parseOrderBy } from "../source/order-by.ts";
import { propertyTypeNamed } from "../source/property-types.ts";
import { parseTableName } from "../source/table-name.ts";

export interface ReleaseParts {
  readonly environment: string;
  readonly settings: Settings;
  readonly services: readonly ServiceSource[];
  readonly datasources: readonly DatasourceSource[];
  readonly policy: DeploymentPolicy | undefined;
}

/**
 * Builds a release from parsed files: resolves synonyms, fills in defaults, omits disabled entries.
 */
export function buildRelease(parts: ReleaseParts): Release {
  return {
    apiVersion: "honua.io/v1",
    kind: "Release",
    environment: parts.environment,
    settings: parts.settings,
    datasources: parts.datasources.map(buildDatasource),
    services: parts.services.flatMap((service, index) =>
      service.enabled ? buildService(service, index) : [],
    ),
    policy: parts.policy,
  };
}

function buildDatasource(source: DatasourceSource, index: number): Datasource {
  return { ...source, pointer: jsonPointer(["datasources", index]), type: "PostgreSQL" };
}

function buildService(source: ServiceSource, index: number): ReleaseService {
  const { enabled: _enabled, layers, ...service } = source;
  const path = ["services", index];
  return {
    ...service,
    pointer: jsonPointer(path),
    title: service.title ?? service.id,
    layers: layers.flatMap((layer, position) =>
      layer.enabled ? buildLayer(layer, jsonPointer([...path, "layers", position])) : [],
    ),
  };
}

function buildLayer(source: LayerSource, pointer: string): Layer {
  const { enabled: _enabled, abstract, fields, properties, table, crs, orderBy, ...layer } = source;
  return {
    ...layer,
    pointer,
    title: layer.title ?? layer.id,
    description: layer.description ?? abstract,
    table: requireParsed(parseTableName(table)),
    properties: (properties ?? fields ?? []).map(buildProperty),
    ...(orderBy ? { orderBy: parseOrderBy(orderBy) } : {}),
    ...(crs ? { crs: [...new Set(crs.map((name) => requireParsed(crsUriOf(name))))] } : {}),
  };
}

function buildProperty({ alias, type, ...property }: PropertySource): Property {
  return {
    ...property,
    type: requireParsed(propertyTypeNamed(type)),
    title: property.title ?? alias,
  };
}

/** Asserts that a text that is valid by its schema can be parsed. */
function requireParsed<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError("The schema accepted a text that cannot be parsed.");
  return value;
}
