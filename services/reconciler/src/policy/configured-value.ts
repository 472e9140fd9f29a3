import { unwrapSchema } from "@honua/contracts";
import { z } from "zod";

/**
 * Converts a value from configuration files or environment variables to the form that a document
 * schema expects: keys match regardless of case, and numbers, booleans and lists may be text. Values
 * that cannot be converted stay unchanged, so that the schema reports them.
 */
export function configuredValue(value: unknown, schema: unknown): unknown {
  const bare = unwrapSchema(schema);
  if (bare instanceof z.ZodObject && isRecord(value)) return configuredObject(value, bare.shape);
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
