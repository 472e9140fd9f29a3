import { z } from "zod";

/**
 * A value as configuration files and environment variables write it, in the shape that a schema of
 * documents expects: keys with its spelling whatever their case, and numbers, booleans and lists also
 * as text. What does not fit is left as it is, for the schema to refuse.
 */
export function configuredValue(value: unknown, schema: unknown): unknown {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodObject && isTree(value)) return configuredObject(value, bare.shape);
  if (bare instanceof z.ZodArray) {
    const items = typeof value === "string" ? value.split(/\s*,\s*/) : value;
    return Array.isArray(items) ? items.map((one) => configuredValue(one, bare.element)) : items;
  }
  if (typeof value !== "string") return value;
  if (bare instanceof z.ZodNumber && value.trim() !== "") return Number(value);
  if (bare instanceof z.ZodBoolean && /^(true|false)$/i.test(value)) return /^true$/i.test(value);
  return value;
}

function configuredObject(value: Record<string, unknown>, shape: Record<string, unknown>) {
  const keys = Object.keys(shape);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const known = keys.find((one) => one.toLowerCase() === key.toLowerCase());
      if (known !== undefined) return [known, configuredValue(item, shape[known])];
      return [key.charAt(0).toLowerCase() + key.slice(1), item];
    }),
  );
}

function unwrapped(schema: unknown): unknown {
  let bare = schema;
  while (bare instanceof z.ZodOptional || bare instanceof z.ZodDefault) bare = bare.unwrap();
  return bare;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
