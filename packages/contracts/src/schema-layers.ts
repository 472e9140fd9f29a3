import { z } from "zod";

/**
 * Lists a schema and the schemas that it wraps with optional, default, prefault, nullable and pipe
 * (its input), from the outside to the inside. The last one describes the value itself.
 */
export function schemaLayers(schema: unknown): readonly [unknown, ...unknown[]] {
  const inner = wrappedSchema(schema);
  return inner === undefined ? [schema] : [schema, ...schemaLayers(inner)];
}

/** Returns the schema of the value itself, which is the last layer. */
export function unwrapSchema(schema: unknown): unknown {
  return schemaLayers(schema).at(-1);
}

function wrappedSchema(schema: unknown): unknown {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return schema.unwrap();
  }
  return schema instanceof z.ZodPipe ? schema.in : undefined;
}
