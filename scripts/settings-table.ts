import { schemaLayers } from "@honua/contracts";
import { z } from "zod";

/** One setting, named by its environment variable. */
export interface SettingRow {
  /** Such as `GitOps__Watcher__Branch`; `0` is an index of a list, `<name>` a free key. */
  variable: string;
  values: string;
  /** The default value; undefined without a default. */
  fallback: string | undefined;
  required: boolean;
  description: string;
}

/**
 * The settings of a schema, in the order of the schema.
 *
 * @throws Error for a setting without a description
 */
export function settingRows(
  schema: z.ZodType,
  path: readonly string[] = [],
  parentIsNeeded = true,
): SettingRow[] {
  const { inner, fallback, required, hasPrefault, description } = unwrapped(schema);
  const needed = required && parentIsNeeded;
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, field]) =>
      settingRows(field, [...path, key], needed),
    );
  }
  const member = memberOf(inner);
  if (member) return settingRows(member.schema, [...path, member.key], false);
  const variable = path.join("__");
  if (!description)
    throw new Error(`${variable} has no description. Add .describe() to its schema.`);
  const values = valuesOf(inner);
  return [{ variable, values, fallback, required: needed && !hasPrefault, description }];
}

/** The rows as a Markdown table. */
export function settingsTable(rows: readonly SettingRow[]): string {
  const lines = rows.map(({ variable, values, fallback, required, description }) => {
    const standard = fallback ?? (required ? "required" : "");
    return `| \`${variable}\` | ${values} | ${standard} | ${description.replaceAll("|", "\\|")} |`;
  });
  return ["| Variable | Values | Default | Meaning |", "|---|---|---|---|", ...lines].join("\n");
}

interface Unwrapped {
  inner: z.ZodType;
  fallback: string | undefined;
  /** A group with a prefault can be omitted, but its required members stay required. */
  required: boolean;
  hasPrefault: boolean;
  description: string | undefined;
}

/** The schema of a value without its wrappers, and what the wrappers add; the outermost counts. */
function unwrapped(schema: z.ZodType): Unwrapped {
  const layers = schemaLayers(schema) as readonly z.ZodType[];
  const defaults = layers.filter((layer) => layer instanceof z.ZodDefault);
  return {
    inner: layers.at(-1) ?? schema,
    fallback: defaults.map(({ def }) => shown(def.defaultValue)).find((text) => text !== undefined),
    required: !layers.some(
      (layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodOptional,
    ),
    hasPrefault: layers.some((layer) => layer instanceof z.ZodPrefault),
    description: layers.map((layer) => layer.description).find((text) => text !== undefined),
  };
}

/** The element of a list of objects or of a map. */
function memberOf(schema: z.ZodType): { key: string; schema: z.ZodType } | undefined {
  if (schema instanceof z.ZodArray && isGroup(schema.element as z.ZodType)) {
    return { key: "0", schema: schema.element as z.ZodType };
  }
  if (schema instanceof z.ZodRecord && isGroup(schema.valueType as z.ZodType)) {
    return { key: "<name>", schema: schema.valueType as z.ZodType };
  }
  return undefined;
}

const isGroup = (schema: z.ZodType) => unwrapped(schema).inner instanceof z.ZodObject;

function shown(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : `\`${value.join(",")}\``;
  if (typeof value === "object") return undefined;
  return `\`${String(value)}\``;
}

function valuesOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) {
    return schema.options.map((option) => `\`${option}\``).join(", ");
  }
  if (schema instanceof z.ZodLiteral) {
    return [...schema.values].map((value) => `\`${String(value)}\``).join(", ");
  }
  if (schema instanceof z.ZodRecord) return "a group of keys";
  if (schema instanceof z.ZodUnion) {
    const options = schema.options as z.ZodType[];
    if (options.some((option) => option instanceof z.ZodBoolean)) return "`true`, `false`";
    if (options.some((option) => option instanceof z.ZodArray)) return "comma-separated list";
    return options.map((option) => valuesOf(option)).join("; ");
  }
  if (schema instanceof z.ZodNumber) return rangeOf(schema);
  if (schema instanceof z.ZodURL) return "URL";
  return schema instanceof z.ZodString ? "text" : "";
}

function rangeOf(schema: z.ZodNumber): string {
  const { minimum, exclusiveMinimum, maximum, type } = z.toJSONSchema(schema);
  const kind = type === "integer" ? "integer" : "number";
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (bounded) return `${kind}, ${exclusiveMinimum ?? minimum} to ${maximum}`;
  if (exclusiveMinimum !== undefined) return `${kind} above ${exclusiveMinimum}`;
  return minimum === undefined ? kind : `${kind} from ${minimum}`;
}
