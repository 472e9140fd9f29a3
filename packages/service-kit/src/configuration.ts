import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unwrapSchema } from "@honua/contracts";
import { z } from "zod";

/** Exit code for an invalid configuration (`EX_CONFIG` of sysexits.h). */
export const EXIT_CONFIGURATION = 78;

/** The configuration is invalid. The message lists each key with its source and the expected value. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

type Tree = { [key: string]: unknown };

/**
 * Reads `appsettings.json`, then `appsettings.<HONUA_ENVIRONMENT>.json` from `HONUA_CONFIG_DIR`,
 * then environment variables with double underscores (`GitOps__Watcher__PollIntervalSeconds=30`), and
 * parses the merged tree with `schema`. Later sources override earlier ones. Keys are case-insensitive,
 * as in .NET. A variable whose name ends in `_FILE` contains the path of a file with the value, for
 * mounted secrets.
 *
 * @throws ConfigurationError with key, expected value and source, but never with the value itself
 */
export function readConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const sources: { name: string; tree: Tree }[] = [];
  const directory = environment.HONUA_CONFIG_DIR;
  if (directory) {
    const profile = environment.HONUA_ENVIRONMENT ?? "Production";
    for (const file of ["appsettings.json", `appsettings.${profile}.json`]) {
      const tree = readSettingsFile(join(directory, file));
      if (tree) sources.push({ name: join(directory, file), tree });
    }
  }
  const variables = withFileContents(environment, rootKeys(schema));
  sources.push({ name: "environment", tree: treeOfVariables(variables) });

  const merged = sources.reduce<Tree>((all, { tree }) => mergeIgnoringCase(all, tree), {});
  const parsed = schema.safeParse(alignKeys(merged, schema));
  if (parsed.success) return parsed.data;

  const lines = parsed.error.issues.map((issue) => {
    const path = issue.path.map(String);
    return `${path.join(":") || "configuration"}: ${issue.message} (${sourceOf(path, sources)})`;
  });
  throw new ConfigurationError(`The configuration is not valid:\n  ${lines.join("\n  ")}`);
}

function readSettingsFile(path: string): Tree | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfigurationError(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isTree(value)) return value;
  } catch (error) {
    throw new ConfigurationError(`${path} is not valid JSON: ${(error as Error).message}`);
  }
  throw new ConfigurationError(`${path} must contain a JSON object`);
}

/**
 * Replaces each `NAME_FILE` whose `NAME` is a key with the content of the file.
 *
 * @throws ConfigurationError if a file cannot be read or both variables are set
 */
function withFileContents(
  environment: Readonly<Record<string, string | undefined>>,
  keys: ReadonlySet<string>,
): Readonly<Record<string, string | undefined>> {
  const variables: Record<string, string | undefined> = { ...environment };
  for (const [name, path] of Object.entries(environment)) {
    const key = /^(.+)_FILE$/.exec(name)?.[1];
    if (!key || !path || !(key.includes("__") || keys.has(key.toLowerCase()))) continue;
    if (environment[key] !== undefined) {
      throw new ConfigurationError(`${key} and ${name} are both set; keep one of them`);
    }
    try {
      variables[key] = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      throw new ConfigurationError(`${name}: the file cannot be read: ${(error as Error).message}`);
    }
    delete variables[name];
  }
  return variables;
}

function rootKeys(schema: z.ZodType): ReadonlySet<string> {
  const inner = unwrapSchema(schema);
  const keys = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  return new Set(keys.map((key) => key.toLowerCase()));
}

function treeOfVariables(environment: Readonly<Record<string, string | undefined>>): Tree {
  const tree: Tree = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    const path = name.split("__");
    const last = path.pop() ?? name;
    let node = tree;
    for (const key of path) {
      const child = node[key];
      const next = isTree(child) ? child : {};
      node[key] = next;
      node = next;
    }
    node[last] = value;
  }
  return listsFromIndexes(tree) as Tree;
}

/** .NET writes lists as `Sources__0__Branch`: an object with the keys 0…n-1 is a list. */
function listsFromIndexes(value: unknown): unknown {
  if (!isTree(value)) return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [key, listsFromIndexes(item)] as const,
  );
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
  return isList
    ? entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item)
    : Object.fromEntries(entries);
}

function mergeIgnoringCase(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const known = Object.keys(merged).find((k) => k.toLowerCase() === key.toLowerCase()) ?? key;
    const before = merged[known];
    merged[known] = isTree(before) && isTree(value) ? mergeIgnoringCase(before, value) : value;
  }
  return merged;
}

/** Renames keys to the spelling of the schema, and drops unknown keys at the root. */
function alignKeys(value: unknown, schema: z.ZodType, root = true): unknown {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => alignKeys(item, inner.element as z.ZodType, false));
  }
  if (!(inner instanceof z.ZodObject) || !isTree(value)) return value;
  const shape = inner.shape as Record<string, z.ZodType>;
  const aligned: Tree = {};
  for (const [key, item] of Object.entries(value)) {
    const known = Object.keys(shape).find((k) => k.toLowerCase() === key.toLowerCase());
    const field = known === undefined ? undefined : shape[known];
    if (known !== undefined && field) aligned[known] = alignKeys(item, field, false);
    else if (!root) aligned[key] = item;
  }
  return aligned;
}

function sourceOf(path: string[], sources: { name: string; tree: Tree }[]): string {
  for (const { name, tree } of sources.toReversed()) {
    let node: unknown = tree;
    for (const key of path) {
      node = isTree(node)
        ? Object.entries(node).find(([k]) => k.toLowerCase() === key.toLowerCase())?.[1]
        : undefined;
    }
    if (node !== undefined) return name === "environment" ? `variable ${path.join("__")}` : name;
  }
  return `not set; use ${path.join("__")} or an appsettings file`;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A boolean in configuration files and environment variables. */
export const configuredBoolean = z
  .union([z.boolean(), z.enum(["true", "false", "True", "False", "1", "0"])])
  .transform((value) => value === true || value === "true" || value === "True" || value === "1");

/** The port of a service. */
export function listenPort(standard: number) {
  const port = z.coerce.number().int().min(0).max(65_535);
  return port.default(standard).describe("port to listen on; 0: any free port");
}

/** Settings of every service. */
export const serviceSettings = z.object({
  NATS_URL: z
    .string()
    .min(1)
    .default("nats://127.0.0.1:4222")
    .describe("servers of the message bus, comma-separated"),
  NATS_USER: z
    .string()
    .min(1)
    .optional()
    .describe("the service's name by default, if a password is set"),
  NATS_PASSWORD: z.string().min(1).optional().describe("anonymous if absent"),
  NATS_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("PEM; certificate authority that verifies the server"),
  NATS_CERT_FILE: z.string().min(1).optional().describe("PEM; client certificate of this service"),
  NATS_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("PEM; private key of the client certificate"),
  NATS_TOPOLOGY: z
    .enum(["declare", "expect"])
    .default("declare")
    .describe("`expect`: `honua bus setup` creates streams and buckets, not the service"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal"])
    .default("info")
    .describe("minimum level of log lines"),
  HOST: z.string().default("0.0.0.0").describe("address to listen on"),
  HTTP_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("PEM; serves HTTPS with this certificate and its chain instead of plain HTTP"),
  HTTP_KEY_FILE: z.string().min(1).optional().describe("PEM; private key of HTTP_CERT_FILE"),
  HONUA_INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, "letters, digits, '_' and '-' only")
    .optional()
    .describe("name of this process; host name and process id by default"),
});
export type ServiceSettings = z.output<typeof serviceSettings>;
