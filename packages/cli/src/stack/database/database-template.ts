import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "@honua/service-kit";

/** Time to initialise a database, which takes 10 to 60 s on a small machine. */
const PREPARE_TIMEOUT_MS = 10 * 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const CACHE = fileURLToPath(new URL("../../../../../node_modules/.cache/honua/", import.meta.url));
const SERVER = fileURLToPath(new URL("./pglite-server.ts", import.meta.url));

/**
 * Templates by kind. The name contains the version of PGlite and of the sample data, so that a new
 * version does not use an old template.
 */
const TEMPLATES = {
  state: { name: "state-pglite-0.5.8", args: [] },
  gis: { name: "gis-pglite-0.5.8-places-2", args: ["--postgis", "--seed-places"] },
} as const;
export type TemplateKind = keyof typeof TEMPLATES;
export const TEMPLATE_KINDS = ["state", "gis"] as const satisfies readonly TemplateKind[];

/** Whether the template of a database exists. */
export function isTemplatePrepared(kind: TemplateKind): boolean {
  return existsSync(join(CACHE, TEMPLATES[kind].name));
}

/**
 * Creates the data folder of a database from a template, unless it exists. Initialising PGlite and
 * seeding the sample data takes many seconds, but copying the result takes less than a second.
 * Therefore the template is created once, by the installation or by the first start, and is cached
 * beside the installed packages.
 */
export async function createDatabaseFromTemplate(
  kind: TemplateKind,
  data: string,
  signal: AbortSignal,
): Promise<void> {
  if (existsSync(data)) return;
  const template = await prepareTemplate(kind, signal);
  const temporary = await mkdtemp(join(dirname(data), `${basename(data)}-`));
  await cp(template, temporary, { recursive: true });
  await rename(temporary, data);
}

/**
 * Creates a template unless it exists. It is renamed into place only when it is complete.
 *
 * @returns the folder of the template
 */
export async function prepareTemplate(kind: TemplateKind, signal: AbortSignal): Promise<string> {
  const { name, args } = TEMPLATES[kind];
  const template = join(CACHE, name);
  if (existsSync(template)) return template;
  await mkdir(CACHE, { recursive: true });
  const temporary = await mkdtemp(join(CACHE, `${name}-`));
  try {
    await runProgram(process.execPath, [SERVER, "--data", temporary, "--prepare-only", ...args], {
      signal,
      deadlineMs: PREPARE_TIMEOUT_MS,
      outputBytes: MAX_OUTPUT_BYTES,
    });
    await rename(temporary, template).catch(async (error: NodeJS.ErrnoException) => {
      // Another process created the same template meanwhile.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return template;
}
