import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { CertificateFiles } from "./certificates.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";

const run = promisify(execFile);

export interface PostgresCluster {
  /** URL of the administrative database, as superuser. */
  url: string;
  /** Process id of the current server. */
  pid(): number | undefined;
  /**
   * Kills all processes of the server like a crash. It returns when no session can respond any more.
   * Commits since the last checkpoint may be lost.
   */
  kill(): Promise<void>;
  /** Kills it and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Binaries of the newest installed PostgreSQL with PostGIS, or undefined. */
export function postgresBinaries(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .filter((version) => existsSync(`/usr/share/postgresql/${version}/extension/postgis.control`))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
}

/** Tests do not need durability. */
const WITHOUT_DURABILITY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/**
 * A private PostgreSQL cluster on a random port of the loopback interface, without durability.
 *
 * @param tls if set, all users except the superuser need TLS and a password
 * @param settings replace the settings that disable durability; for benchmarks
 */
export async function startPostgresCluster(
  tls?: CertificateFiles,
  settings: readonly string[] = WITHOUT_DURABILITY,
): Promise<PostgresCluster> {
  const bin = postgresBinaries();
  if (!bin)
    throw new Error("PostgreSQL with PostGIS is not installed (Debian: postgresql-15-postgis-3).");
  const owner = await serverOwner();
  const directory = await mkdtemp(join(tmpdir(), "honua-postgres-"));
  if (owner) await chown(directory, owner.uid, owner.gid);
  const identity = owner ?? {};
  const data = join(directory, "data");
  const initialise = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
    "-N",
  ];
  await run(join(bin, "initdb"), initialise, { ...identity, cwd: directory });

  const tlsSettings = tls ? await requireTls(data, tls, owner) : [];
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server = await launch();
  return {
    url,
    pid: () => server.pid,
    kill,
    async restart() {
      await kill();
      server = await launch();
    },
    async stop() {
      await end("SIGQUIT");
      await rm(directory, { recursive: true, force: true });
    },
  };

  async function launch() {
    const all = [...settings, "max_connections=200", ...tlsSettings];
    const listen = ["-h", "127.0.0.1", "-p", String(port), "-k", directory];
    const options = [...listen, ...all.flatMap((setting) => ["-c", setting])];
    const start = () =>
      spawn(join(bin ?? "", "postgres"), ["-D", data, ...options], {
        ...identity,
        cwd: directory,
        stdio: "ignore",
      });
    let child = start();
    await eventually("PostgreSQL accepts connections", async () => {
      // The server exits immediately while a session of the killed server still holds shared memory.
      if (child.exitCode !== null) child = start();
      await run(join(bin ?? "", "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]);
      return true;
    });
    return child;
  }

  /**
   * A session notices the end of the main process only when it next waits, so that on a busy machine
   * it still responds to queries for a while. Therefore kill the sessions, too. The main process is
   * stopped first, because otherwise it starts further processes meanwhile.
   */
  async function kill() {
    const { pid } = server;
    if (pid === undefined || !isRunning()) return;
    server.kill("SIGSTOP");
    const sessions = childrenOf(pid);
    for (const session of sessions) process.kill(session, "SIGKILL");
    await end("SIGKILL");
    await eventually("the sessions of PostgreSQL have ended", () => !sessions.some(isAlive));
  }

  function isRunning() {
    return server.exitCode === null && server.signalCode === null;
  }

  async function end(signal: NodeJS.Signals) {
    if (!isRunning()) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }
}

/** Process ids of the children of a process. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => processStatus(pid)?.parent === parent);
}

/** Whether a process exists. A zombie does not: it has released its sockets and memory. */
function isAlive(pid: number): boolean {
  const status = processStatus(pid);
  return status !== undefined && status.state !== "Z" && status.state !== "X";
}

/** The state of a process and its parent (proc(5)); undefined if there is no such process. */
function processStatus(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program is in brackets and may contain anything.
    const [state = "", parent = ""] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** Copies the certificate for the server user, and returns the settings for it. */
async function requireTls(
  data: string,
  { certFile, keyFile }: CertificateFiles,
  owner: { uid: number; gid: number } | undefined,
): Promise<string[]> {
  for (const [file, name] of [
    [certFile, "server.crt"],
    [keyFile, "server.key"],
  ] as const) {
    await copyFile(file, join(data, name));
    await chmod(join(data, name), 0o600);
    if (owner) await chown(join(data, name), owner.uid, owner.gid);
  }
  const rules = [
    "host all postgres 127.0.0.1/32 trust",
    "hostssl all all 127.0.0.1/32 scram-sha-256",
  ];
  await writeFile(join(data, "pg_hba.conf"), `${rules.join("\n")}\n`);
  return ["ssl=on"];
}

/** PostgreSQL refuses to run as root. In that case use the user of Debian's package. */
async function serverOwner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout.trim());
  return { uid: await id("-u"), gid: await id("-g") };
}

/** Name of the template from which test databases are cloned. */
export const POSTGIS_TEMPLATE = "honua_template";

/** Runs one statement on a new connection. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
