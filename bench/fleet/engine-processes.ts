import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@honua/testing/free-port";

/** The same options as in the local stack and in the container. */
const NODE_OPTIONS = ["--max-semi-space-size=8"];
/** With `HONUA_BENCH_PROFILE=directory`, each process writes a V8 profile to this directory. */
const PROFILES = process.env.HONUA_BENCH_PROFILE;
const PROFILING = PROFILES ? ["--cpu-prof", `--cpu-prof-dir=${PROFILES}`] : [];
const WEBHOOK_SECRET = "the secret of a benchmark";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface RunningEngine {
  /** Process ids by name. */
  processes: ReadonlyMap<string, number>;
  /** Sends the webhook of a Git host to the watcher. */
  announcePush(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the watcher, state and reconcilers as processes. Their logs are in `directory`. */
export async function startEngine(options: {
  directory: string;
  natsUrl: string;
  databaseUrl: string;
  repositoryUrl: string;
  environments: readonly string[];
  reconcilers: number;
}): Promise<RunningEngine> {
  const { directory, environments } = options;
  const configuration = join(directory, "watcher");
  await mkdir(configuration, { recursive: true });
  const sources = environments.map((Environment) => ({ Environment }));
  const settings = {
    GitOps: {
      RepositoryUrl: options.repositoryUrl,
      AllowFileUrls: true,
      Sources: sources,
      Webhooks: { Generic: { Secret: WEBHOOK_SECRET } },
    },
  };
  await writeFile(join(configuration, "appsettings.json"), JSON.stringify(settings));

  const pids = new Map<string, number>();
  const start = async (service: string, name: string, settingsOfService: NodeJS.ProcessEnv) => {
    const child = spawn(
      process.execPath,
      [...NODE_OPTIONS, ...PROFILING, join(ROOT, "services", service, "src/main.ts")],
      {
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          NODE_ENV: "production",
          NODE_COMPILE_CACHE: join(directory, "compiled"),
          HOST: "127.0.0.1",
          PORT: String(await freePort()),
          NATS_URL: options.natsUrl,
          HONUA_INSTANCE: name,
          HONUA_HOME: join(directory, name),
          LOG_LEVEL: "warn",
          ...settingsOfService,
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    child.stdout.pipe(createWriteStream(join(directory, `${name}.log`)));
    pids.set(name, child.pid ?? 0);
    return child;
  };
  const watcherPort = await freePort();
  const processes = [await start("state", "state", { DATABASE_URL: options.databaseUrl })];
  for (let number = 1; number <= options.reconcilers; number++) {
    processes.push(await start("reconciler", `reconciler-${number}`, {}));
  }
  processes.push(
    await start("watcher", "watcher", {
      HONUA_CONFIG_DIR: configuration,
      PORT: String(watcherPort),
    }),
  );
  return {
    processes: pids,
    async announcePush() {
      const now = String(Math.floor(Date.now() / 1_000));
      const signature = createHmac("sha256", WEBHOOK_SECRET).update(`${now}.{}`).digest("hex");
      const response = await fetch(`http://127.0.0.1:${watcherPort}/api/gitops/webhook/generic`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-honua-timestamp": now,
          "x-honua-signature-256": `sha256=${signature}`,
        },
        body: "{}",
      });
      if (!response.ok) throw new Error(`The webhook returned ${response.status}.`);
    },
    async stop() {
      await Promise.all(
        processes.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill("SIGTERM");
          await once(child, "exit");
        }),
      );
    },
  };
}
