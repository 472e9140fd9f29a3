import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import pg from "pg";
import { changeLayer, METADATA } from "../test/e2e/sample-layer.ts";
import { percentile, summarise } from "./statistics.ts";

/**
 * Measures the time from the end of `git push` to the first response that shows the change, on the local
 * stack with "poll now". The floor of the same run is the time of Git and the database alone:
 * `git ls-remote`, `git fetch`, and one catalogue query for the table of each layer.
 *
 *   node bench/commit-to-served.ts [commits]
 */
const run = promisify(execFile);
const commits = Number(process.argv[2] ?? 50);
const started = performance.now();
const stack = await startLocalStack();
const startMs = performance.now() - started;
try {
  const { served, floor } = await measure(stack);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(
    `start of the stack until the first deployment is served: ${(startMs / 1_000).toFixed(1)} s`,
  );
  print(`commit to served, ${commits} commits:  ${summarise(served)}`);
  print(`floor (ls-remote, fetch, catalogue): ${summarise(floor)}`);
  print(`ratio at p50: ${(percentile(served, 0.5) / percentile(floor, 0.5)).toFixed(1)}`);
} finally {
  await stack.remove();
}

async function measure(stack: LocalStack): Promise<{ served: number[]; floor: number[] }> {
  const scratch = await mkdtemp(join(tmpdir(), "honua-bench-"));
  const { repository, gisDatabaseUrl } = await stack.description();
  await run("git", ["clone", "--quiet", "--bare", repository, scratch]);
  const database = new pg.Client({ connectionString: gisDatabaseUrl });
  await database.connect();
  const served: number[] = [];
  const floor: number[] = [];
  for (let commit = 1; commit <= commits; commit++) {
    const title = `World Cities ${commit}`;
    await stack.edit(
      METADATA,
      changeLayer("cities", (layer) => ({ ...layer, title })),
    );
    await stack.push(`docs: Title ${commit}`);
    served.push(await timed(() => untilServed(stack, title)));
    floor.push(await timed(() => gitAndCatalogue(scratch, repository, database)));
  }
  await database.end();
  await rm(scratch, { recursive: true, force: true });
  return { served, floor };
}

async function untilServed(stack: LocalStack, title: string): Promise<void> {
  const { urls, token } = await stack.description();
  const sync = fetch(`${urls.state}/api/gitops/environments/production/sync`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
  });
  for (;;) {
    const response = await fetch(`${urls.gateway}/ogc/collections/cities`);
    const body = (await response.json()) as { title: string };
    if (body.title === title) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await sync;
}

async function gitAndCatalogue(
  scratch: string,
  repository: string,
  database: pg.Client,
): Promise<void> {
  await run("git", ["ls-remote", repository, "refs/heads/main"]);
  await run("git", ["fetch", "--quiet", repository, "+refs/heads/main:refs/heads/main"], {
    cwd: scratch,
  });
  for (const table of ["public.cities", "public.countries"]) {
    await database.query(
      "select attname, atttypid::regtype::text, attnotnull from pg_attribute where attrelid = $1::regclass and attnum > 0",
      [table],
    );
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
