import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "@honua/service-kit";

const CACHE = fileURLToPath(new URL("../../../../../node_modules/.cache/honua/", import.meta.url));
const SERVER = fileURLToPath(new URL("./pglite-server.ts", import.meta.url));

/** Milliseconds for initialising a database, which takes 10 to 60 s on a small machine. */
const PREPARE_WITHIN_MS = 10 * 60_000;

/** Named after what is in them; a new version of PGlite or of the sample data needs a new name. */
const TEMPLATES = {
  state: { name: "state-pglite-0.5.8", args: [] },
  gis: { name: "gis-pglite-0.5.8-places-2", args: ["--postgis", "--seed-places"] },
} as const;
export type TemplateKind = keyof typeof TEMPLATES;
export const TEMPLATE_KINDS = ["state", "gis"] as const satisfies readonly TemplateKind[];

/** Whether the template of a database was made already. */
export function isPrepared(kind: TemplateKind): boolean {
  return existsSync(join(CACHE, TEMPLATES[kind].name));
}

/**
 * Makes a database's folder from a template, unless it is there. Initialising PGlite and filling in
 * the sample data takes many seconds, copying the result a fraction of one; so it is done once, at
 * installation or by the first start, and kept beside the installed packages.
 */
export async function placeDatabase(
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

/** The template's folder, made first when it is not there. What is half made is never used. */
export async function prepareTemplate(kind: TemplateKind, signal: AbortSignal): Promise<string> {
  const { name, args } = TEMPLATES[kind];
  const template = join(CACHE, name);
  if (existsSync(template)) return template;
  await mkdir(CACHE, { recursive: true });
  const temporary = await mkdtemp(join(CACHE, `${name}-`));
  try {
    await runProgram(process.execPath, [SERVER, "--data", temporary, "--prepare-only", ...args], {
      signal,
      deadlineMs: PREPARE_WITHIN_MS,
      outputBytes: 1024 * 1024,
    });
    await rename(temporary, template).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was faster; its template is as good.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return template;
}
