import { percentile } from "../statistics.ts";
import { type Load, load } from "./load.ts";
import { pgbench } from "./pgbench.ts";
import type { RequestKind } from "./request-kinds.ts";

/** The servers of one run. */
export interface Servers {
  gateway: string;
  minimalServer: string;
  databaseUrl: string;
}

/** Medians over the rounds of a run. */
export interface Measured {
  kind: RequestKind;
  /** Average size of a response in bytes. */
  bytes: number;
  /** Requests per second. */
  gateway: number;
  floor: number;
  /** Median of gateway ÷ floor over the rounds. */
  ratio: number;
  p50: number;
  p99: number;
}

/**
 * Measures a kind of request and its floor in turns, so that other load on the machine affects both. The
 * floor is `1 / (1/a + 1/b)`: a is PostgreSQL executing the equivalent statement, b is a `node:http` server
 * that sends the same number of bytes. Without a database, the floor is b.
 */
export async function measureKind(
  kind: RequestKind,
  servers: Servers,
  options: { rounds: number; seconds: number; warmUpSeconds: number; scratch: string },
): Promise<Measured> {
  const bytes = await averageBytes(servers.gateway, kind.paths);
  // V8 compiles code while it runs, and optimises it later. After ten seconds, a process serves 1.5
  // times as many requests as at its start.
  for (const [url, paths] of [
    [servers.minimalServer, [`/${bytes}`]],
    [servers.gateway, kind.paths],
  ] as const)
    await load(url, paths, { ...options, seconds: options.warmUpSeconds });
  const loads: Load[] = [];
  const floors: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const minimalServerRate = (await load(servers.minimalServer, [`/${bytes}`], options)).rate;
    loads.push(await load(servers.gateway, kind.paths, options));
    floors.push(
      kind.statements.length === 0
        ? minimalServerRate
        : 1 /
            (1 / minimalServerRate +
              1 / (await pgbench(servers.databaseUrl, kind.statements, options))),
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

/** Requests every path once, which also warms the caches. */
async function averageBytes(url: string, paths: readonly string[]): Promise<number> {
  let sum = 0;
  for (const path of paths) {
    const response = await fetch(`${url}${path}`, { headers: { "accept-encoding": "identity" } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    sum += (await response.arrayBuffer()).byteLength;
  }
  return Math.round(sum / paths.length);
}
