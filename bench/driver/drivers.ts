import { createLog } from "@honua/service-kit";
import { openRawDatabase } from "../../packages/pg-raw/src/index.ts";
import type { StatementKind } from "./statement-kinds.ts";

/** A driver that runs statements. */
export interface Driver {
  /** Runs a statement and returns the number of bytes of its values. */
  run(kind: StatementKind, number: number): Promise<number>;
  close(): Promise<void>;
}

type Values = readonly (Uint8Array | string | null)[];

function bytesOf(rows: readonly Values[]): number {
  return rows.reduce((sum, [value]) => sum + (value?.length ?? 0), 0);
}

export function openPgRaw(url: string, maxConnections: number): Driver {
  const database = openRawDatabase(
    {
      configuration: { connectionString: url },
      maxConnections,
      waitMs: 10_000,
      idleTimeoutMs: 60_000,
    },
    createLog({ service: "bench", instance: "bench", level: "silent" }),
  );
  return {
    async run({ text, name, isShort, values }, number) {
      const rows = await database.queryBytes({ text, values: values(number), name, isShort });
      return rows.use(bytesOf);
    },
    close: () => database.close(),
  };
}

/** The functions of the npm package `postgres` that are used here. */
interface PostgresSql {
  unsafe(
    text: string,
    values: unknown[],
    options: { prepare: boolean },
  ): { raw(): Promise<Values[]> };
  end(): Promise<void>;
}

/** @param module name or path of the npm package `postgres` */
export async function openPostgresPackage(
  url: string,
  maxConnections: number,
  module: string,
): Promise<Driver> {
  const { default: postgres } = (await import(module)) as {
    default(url: string, options: { max: number; prepare: boolean }): PostgresSql;
  };
  const sql = postgres(url, { max: maxConnections, prepare: true });
  return {
    async run({ text, values }, number) {
      return bytesOf(await sql.unsafe(text, values(number), { prepare: true }).raw());
    },
    close: () => sql.end(),
  };
}
