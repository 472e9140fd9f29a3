import { z } from "zod";

/**
 * A schema, and below it each schema that it wraps: optional, default, prefault, nullable and pipe
 * (its input). The last one describes the value itself.
 */
export function schemaLayers(schema: unknown): readonly [unknown, ...unknown[]] {
  const inner = wrappedSchema(schema);
  return inner === undefined ? [schema] : [schema, ...schemaLayers(inner)];
}

/** The schema of the value itself, without optional, default, prefault, nullable and pipe. */
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
