import type { Layer, Property } from "@honua/contracts";
import { arrayItemType } from "../layer/filter-context.ts";
import { apiUrl } from "../ogc/link.ts";
import type { Collection } from "../release/collection.ts";

type Schema = Record<string, unknown>;

const TYPES: Readonly<Record<Property["type"], Schema>> = {
  string: { type: "string" },
  integer: { type: "integer" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  date: { type: "string", format: "date" },
  datetime: { type: "string", format: "date-time" },
  time: { type: "string", format: "time" },
  uuid: { type: "string", format: "uuid" },
  json: {},
  array: { type: "array" },
};

/** The schema of a value without its nullability, which is valid in JSON Schema and OpenAPI 3.0. */
export function valueSchema({ type, enum: values }: Property): Schema {
  return { ...TYPES[type], ...(values ? { enum: values } : {}) };
}

/** The queryables of a collection (Part 3, clause 6). Arrays can be used in `filter` only. */
export function queryablesDocument(collection: Collection, base: string): Schema {
  const { layer, source } = collection;
  const arrays = arrayItemSchemas(collection);
  const filterable = layer.properties.filter(
    ({ name }) => source?.filters.has(name) || arrays.has(name),
  );
  return {
    ...heading(layer, apiUrl(base, "collections", layer.id, "queryables")),
    properties: {
      [layer.geometryColumn]: geometrySchema(layer),
      ...propertySchemas(filterable, { arrays }),
    },
    additionalProperties: false,
  };
}

/** The schema of the features of a collection (Part 5). */
export function schemaDocument(collection: Collection, base: string): Schema {
  const { layer } = collection;
  const required = layer.properties.filter(({ nullable }) => !nullable).map(({ name }) => name);
  return {
    ...heading(layer, apiUrl(base, "collections", layer.id, "schema")),
    properties: {
      [layer.geometryColumn]: { ...geometrySchema(layer), "x-ogc-role": "primary-geometry" },
      ...propertySchemas(layer.properties, {
        role: roleOf(layer),
        arrays: arrayItemSchemas(collection),
      }),
    },
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function heading(layer: Layer, url: string): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: url,
    type: "object",
    title: layer.title,
    ...(layer.description === undefined ? {} : { description: layer.description }),
  };
}

function propertySchemas(
  properties: readonly Property[],
  {
    role = () => undefined,
    arrays,
  }: { role?: (name: string) => string | undefined; arrays: ReadonlyMap<string, Schema> },
): Schema {
  return Object.fromEntries(
    properties.map((property) => [
      property.name,
      {
        ...valueSchema(property),
        ...arrays.get(property.name),
        ...(property.title === undefined ? {} : { title: property.title }),
        ...(property.description === undefined ? {} : { description: property.description }),
        ...(property.unit === undefined ? {} : { "x-ogc-unit": property.unit }),
        ...(role(property.name) === undefined ? {} : { "x-ogc-role": role(property.name) }),
      },
    ]),
  );
}

/** Schemas of the items of array properties whose item type is known from the database. */
function arrayItemSchemas({ source }: Collection): ReadonlyMap<string, Schema> {
  const arrays = new Map<string, Schema>();
  for (const { property, column } of source?.bound.properties ?? []) {
    const items = property.type === "array" ? arrayItemType(column) : undefined;
    if (items) arrays.set(property.name, { items: TYPES[items] });
  }
  return arrays;
}

/** The role of a property in its feature (Part 5, clause 8). */
function roleOf({ idColumn, datetimeColumn }: Layer): (name: string) => string | undefined {
  return (name) => {
    if (name === idColumn) return "id";
    if (typeof datetimeColumn === "string") {
      return name === datetimeColumn ? "primary-instant" : undefined;
    }
    if (name === datetimeColumn?.start) return "primary-interval-start";
    return name === datetimeColumn?.end ? "primary-interval-end" : undefined;
  };
}

function geometrySchema({ geometryType }: Layer): Schema {
  const kind = geometryType === "Geometry" ? "any" : geometryType.toLowerCase();
  return { format: `geometry-${kind}` };
}
