import { schemaLayers } from "@honua/contracts";
import { z } from "zod";

/** One setting, as a variable of the environment names it. */
export interface SettingRow {
  /** `GitOps__Watcher__Branch`; `0` stands for a place in a list, `<name>` for a key of one's own. */
  variable: string;
  values: string;
  /** Undefined where there is none. */
  fallback: string | undefined;
  required: boolean;
  description: string;
}

/**
 * The settings that a schema reads, in its order.
 *
 * @throws Error for a setting that has no description
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
  if (!description) throw new Error(`${variable} has no description: .describe() it`);
  const values = valuesOf(inner);
  return [{ variable, values, fallback, required: needed && !hasPrefault, description }];
}

/** The rows as a table in Markdown. */
export function settingsTable(rows: readonly SettingRow[]): string {
  const lines = rows.map(({ variable, values, fallback, required, description }) => {
    const standard = fallback ?? (required ? "needed" : "");
    return `| \`${variable}\` | ${values} | ${standard} | ${description.replaceAll("|", "\\|")} |`;
  });
  return ["| variable | values | default | what it is |", "|---|---|---|---|", ...lines].join("\n");
}

interface Unwrapped {
  inner: z.ZodType;
  fallback: string | undefined;
  /** A group with a prefault may be left out as a whole, but what its members need is needed. */
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

/** What a list of objects or a map has in each place. */
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
    if (options.some((option) => option instanceof z.ZodArray)) return "list, with commas";
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
