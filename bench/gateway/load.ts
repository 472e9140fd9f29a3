import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Connections of the load generator. */
const CONNECTIONS = 16;
/** A slower response is a failure. Other servers need seconds for some requests. */
const TIMEOUT_SECONDS = 30;

export interface Load {
  /** Requests per second. */
  rate: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/**
 * Requests paths in turn, as fast as the server responds, with `wrk` (one thread, 16 connections).
 *
 * @param scratch the folder for the script of the load generator
 * @throws Error if a response is not successful, because errors are faster than responses
 */
export async function load(
  url: string,
  paths: readonly string[],
  { seconds, scratch }: { seconds: number; scratch: string },
): Promise<Load> {
  const script = join(scratch, "paths.lua");
  await writeFile(script, scriptOf(paths));
  const timeout = ["--timeout", `${TIMEOUT_SECONDS}s`];
  const args = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, ...timeout, "--latency"];
  const { stdout } = await run("wrk", [...args, "-s", script, url]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}${paths[0]}:\n${stdout}`);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: milliseconds(stdout, "50%"),
    p99: milliseconds(stdout, "99%"),
  };
}

/** The script formats each request once, so that it costs almost nothing. */
function scriptOf(paths: readonly string[]): string {
  return `local paths = { ${paths.map((path) => JSON.stringify(path)).join(", ")} }
local requests = {}
local last = 0
init = function() for at, path in ipairs(paths) do requests[at] = wrk.format("GET", path) end end
request = function() last = last % #requests + 1 return requests[last] end
`;
}

function milliseconds(report: string, share: string): number {
  const [, value, unit] = new RegExp(`${share}\\s+([\\d.]+)(us|ms|s)`).exec(report) ?? [];
  return Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit ?? "ms"] ?? Number.NaN);
}
