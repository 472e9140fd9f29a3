import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Sessions of pgbench. */
const CLIENTS = 8;

/**
 * The statements per second of `pgbench -M prepared`, with the session settings of the gateway.
 *
 * @param scripts pgbench chooses one at random for each statement
 */
export async function pgbench(
  databaseUrl: string,
  scripts: readonly string[],
  { seconds, scratch }: { seconds: number; scratch: string },
): Promise<number> {
  const files = await Promise.all(
    scripts.map(async (text, index) => {
      const file = join(scratch, `statement-${index}.sql`);
      await writeFile(file, text);
      return ["-f", file];
    }),
  );
  const { hostname, port, username, pathname } = new URL(databaseUrl);
  const args = ["-n", "-M", "prepared", "-c", String(CLIENTS), "-T", String(seconds)];
  const { stdout } = await run(
    "pgbench",
    [...args, ...files.flat(), "-h", hostname, "-p", port, "-U", username, pathname.slice(1)],
    { env: { ...process.env, PGOPTIONS: "-c jit=off" } },
  );
  const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
  if (!(rate > 0)) throw new Error(`pgbench: ${stdout}`);
  return rate;
}
