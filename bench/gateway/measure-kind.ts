import { percentile } from "../statistics.ts";
import { type Load, load } from "./load.ts";
import { pgbench } from "./pgbench.ts";
import type { RequestKind } from "./request-kinds.ts";

/** The servers of one run. */
export interface Servers {
  gateway: string;
  bare: string;
  databaseUrl: string;
}

/** Medians over the rounds of a run. */
export interface Measured {
  kind: RequestKind;
  /** Bytes of an answer, on average. */
  bytes: number;
  /** Requests a second. */
  gateway: number;
  floor: number;
  /** Median of gateway ÷ floor of each round. */
  ratio: number;
  p50: number;
  p99: number;
}

/**
 * Measures a kind of request and its floor by turns, so that whatever else the machine does meets
 * all of them. The floor is `1 / (1/a + 1/b)`: a, PostgreSQL alone answering the equivalent
 * statement; b, `node:http` alone answering as many bytes. What needs no database has b as its floor.
 */
export async function measureKind(
  kind: RequestKind,
  servers: Servers,
  options: { rounds: number; seconds: number; warmUpSeconds: number; scratch: string },
): Promise<Measured> {
  const bytes = await averageBytes(servers.gateway, kind.paths);
  // Programs are compiled while they run, and again once it is known what is asked of them: a process
  // answers half as much again after ten seconds as in its first ones.
  for (const [url, paths] of [
    [servers.bare, [`/${bytes}`]],
    [servers.gateway, kind.paths],
  ] as const)
    await load(url, paths, { ...options, seconds: options.warmUpSeconds });
  const loads: Load[] = [];
  const floors: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const bare = (await load(servers.bare, [`/${bytes}`], options)).rate;
    loads.push(await load(servers.gateway, kind.paths, options));
    floors.push(
      kind.statements.length === 0
        ? bare
        : 1 / (1 / bare + 1 / (await pgbench(servers.databaseUrl, kind.statements, options))),
    );
  }
  const median = (of: (load: Load, round: number) => number) => percentile(loads.map(of), 0.5);
  return {
    kind,
    bytes,
    gateway: median(({ rate }) => rate),
    floor: percentile(floors, 0.5),
    ratio: median(({ rate }, round) => rate / (floors[round] ?? Number.NaN)),
    p50: median(({ p50 }) => p50),
    p99: median(({ p99 }) => p99),
  };
}

/** Asks for every path once, which also warms what keeps answers. */
async function averageBytes(url: string, paths: readonly string[]): Promise<number> {
  let sum = 0;
  for (const path of paths) {
    const response = await fetch(`${url}${path}`, { headers: { "accept-encoding": "identity" } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    sum += (await response.arrayBuffer()).byteLength;
  }
  return Math.round(sum / paths.length);
}
