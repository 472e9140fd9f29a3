import { percentile } from "../statistics.ts";
import type { Driver } from "./drivers.ts";
import type { StatementKind } from "./statement-kinds.ts";

/** Medians of the rounds of one driver. */
export interface Measurement {
  /** Statements per second. */
  rate: number;
  /** Microseconds of processor time of this process for one statement. */
  processTime: number;
}

interface Load {
  rounds: number;
  /** Length of a round. */
  milliseconds: number;
  /** Callers that each run one statement at a time. */
  callers: number;
}

/**
 * Measures two drivers in alternating rounds, after one round without measurement.
 *
 * @throws Error if the drivers return different results
 */
export async function compareDrivers(
  drivers: readonly [Driver, Driver],
  kind: StatementKind,
  load: Load,
): Promise<[Measurement, Measurement]> {
  const [first, second] = drivers;
  const bytes = [await first.run(kind, 5), await second.run(kind, 5)] as const;
  if (bytes[0] !== bytes[1]) throw new Error(`Different results: ${bytes.join(" and ")} bytes.`);
  await runRound(first, kind, load);
  await runRound(second, kind, load);
  const rounds: [Measurement, Measurement][] = [];
  for (let round = 0; round < load.rounds; round += 1) {
    rounds.push([await runRound(first, kind, load), await runRound(second, kind, load)]);
  }
  return [medianOf(rounds.map(([one]) => one)), medianOf(rounds.map(([, other]) => other))];
}

async function runRound(
  driver: Driver,
  kind: StatementKind,
  { milliseconds, callers }: Load,
): Promise<Measurement> {
  const processBefore = process.cpuUsage();
  const started = performance.now();
  const end = started + milliseconds;
  let statements = 0;
  const call = async (caller: number) => {
    for (let number = caller; performance.now() < end; number += callers) {
      await driver.run(kind, number);
      statements += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const { user, system } = process.cpuUsage(processBefore);
  const seconds = (performance.now() - started) / 1_000;
  return { rate: statements / seconds, processTime: (user + system) / statements };
}

function medianOf(rounds: readonly Measurement[]): Measurement {
  return {
    rate: percentile(
      rounds.map(({ rate }) => rate),
      0.5,
    ),
    processTime: percentile(
      rounds.map(({ processTime }) => processTime),
      0.5,
    ),
  };
}
