import type { Property } from "@honua/contracts";

type PropertyType = Property["type"];

/** Names of the types in .NET, PostgreSQL and JSON Schema. Case does not matter. */
const SYNONYMS: Record<PropertyType, readonly string[]> = {
  string: ["text", "varchar", "char", "character varying"],
  integer: ["int", "int16", "int32", "int64", "smallint", "bigint", "long", "short", "serial"],
  number: ["double", "float", "decimal", "numeric", "real", "single", "double precision"],
  boolean: ["bool"],
  date: [],
  datetime: ["date-time", "timestamp", "timestamptz", "datetimeoffset"],
  time: [],
  uuid: ["guid"],
  json: ["jsonb", "object"],
  array: [],
};

const TYPE_BY_WORD = new Map<string, PropertyType>(
  Object.entries(SYNONYMS).flatMap(([type, synonyms]) =>
    [type, ...synonyms].map((word) => [word, type as PropertyType] as const),
  ),
);

/** Every name of a property type, including synonyms. */
export const PROPERTY_TYPE_WORDS: readonly string[] = [...TYPE_BY_WORD.keys()];

/** The type with a name, in any case. Undefined if there is none. */
export function propertyTypeNamed(word: string): PropertyType | undefined {
  return TYPE_BY_WORD.get(word.trim().toLowerCase());
}
