import { createConnection } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "@honua/service-kit";
import { CommandFailed } from "../command-error.ts";
import { prepareRepository, type Repository, reachRepository } from "./configuration-repository.ts";
import { placeDatabase } from "./database/database-template.ts";
import { openHome } from "./home.ts";
import { writeBusConfiguration } from "./nats-server-configuration.ts";
import { freePort, type ServiceName, type StackPorts, stackPorts } from "./ports.ts";
import type { ProcessSpec } from "./processes/supervised-process.ts";
import { createSupervisor } from "./processes/supervisor.ts";
import { type StackSettings, serviceEnvironment } from "./service-environment.ts";
import { removeStackFile, type StackFile, writeStackFile } from "./stack-file.ts";

export interface StackOptions {
  home: string;
  repository: string | undefined;
  branch: string;
  environment: string;
  portBase: number;
  databaseUrl: string | undefined;
  gisDatabaseUrl: string | undefined;
  natsUrl: string | undefined;
  /** How many processes of a service; one unless told. */
  scale: Partial<Record<ServiceName, number>>;
  /** How many processes one gateway consists of. */
  workers: number;
  reset: boolean;
  pollIntervalSeconds: number;
  version: string;
}

/** Reports that something is being started, for a terminal to show; call the answer when it is. */
export type Progress = (what: string) => (detail: string) => void;

export interface RunningStack {
  file: () => StackFile;
  stop(): Promise<void>;
}

/**
 * Of a process that starts, most of what it allocates is garbage at once; V8 would let the space for
 * that grow to 64 MB and keep it.
 */
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=8"];
const REPOSITORY_ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/**
 * Where Node keeps the JavaScript that it made of TypeScript. A process that finds its modules there
 * never loads the compiler: about 25 MB less resident memory for each service.
 */
const COMPILE_CACHE = join(REPOSITORY_ROOT, "node_modules/.cache/honua/compiled");
/** Milliseconds between looks at the process ids, which change when a process is restarted. */
const PIDS_EVERY_MS = 1_000;
/** The services that do not wait for the GIS database. */
const CORE_SERVICES = ["state", "approvals", "reconciler", "watcher"] as const;
/** Layers stop from the highest: services, then databases, then the bus. */
const LAYER = { bus: 0, database: 1, service: 2 } as const;

/**
 * Starts the whole local stack and keeps it running until `stop`.
 *
 * @throws CommandFailed saying what is wrong and what to do; nothing is left running then
 */
export async function startStack(
  options: StackOptions,
  deps: { log: Log; progress: Progress; environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<RunningStack> {
  const ports = await stackPorts(options.portBase);
  const home = await openHome(options.home, { reset: options.reset });
  const supervisor = createSupervisor({ log: deps.log, logDirectory: join(home.path, "logs") });
  let watchingPids: NodeJS.Timeout | undefined;
  const stop = async () => {
    clearInterval(watchingPids);
    await supervisor.stop();
    await removeStackFile(home.path);
    await home.release();
  };
  // Ends what is waited for below, which then fails and cleans up.
  const interrupt = () => void supervisor.stop();
  deps.signal.addEventListener("abort", interrupt, { once: true });

  try {
    const addresses = await chooseAddresses(options);
    const repository = await step("repository", openRepository);
    deps.signal.throwIfAborted();
    const settings: StackSettings = {
      ...options,
      ...addresses,
      home: home.path,
      repositoryUrl: repository.url,
      token: home.token,
      ports,
    };
    if (!options.natsUrl) await step("message bus", () => startBus(settings));
    // Seeding the GIS database takes longest; only the gateway needs it.
    await allSettledOrThrow([
      (async () => {
        if (!options.databaseUrl) await step("state database", () => startStateDatabase(settings));
        await step("services", () => startServices(CORE_SERVICES, settings));
      })(),
      (async () => {
        if (!options.gisDatabaseUrl) await step("GIS database", () => startGisDatabase(settings));
        await step("gateway", () => startServices(["gis-gateway"], settings));
      })(),
    ]);
    deps.signal.throwIfAborted();
    const file = () => describe(settings, repository);
    await writeStackFile(home.path, file());
    watchingPids = keepTrue(file);
    return { file, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    deps.signal.removeEventListener("abort", interrupt);
  }

  async function step<Result>(
    what: string,
    work: () => Promise<{ result: Result; detail: string }>,
  ): Promise<Result> {
    const done = deps.progress(what);
    const { result, detail } = await work();
    done(detail);
    return result;
  }

  async function startBus({ natsUrl }: StackSettings) {
    const port = Number(new URL(natsUrl).port);
    await supervisor
      .start({
        name: "nats-server",
        command: "nats-server",
        args: ["-c", await writeBusConfiguration(home.path, port)],
        env: { PATH: deps.environment.PATH },
        readyWhen: { probe: () => accepts(port) },
        layer: LAYER.bus,
        endsWithInput: false,
      })
      .catch((cause: Error) => {
        if (!cause.message.includes("ENOENT")) throw cause;
        throw new CommandFailed(
          "nats-server is not installed. 'npm start' installs it on Debian and with Homebrew; elsewhere install it, or name a running one with --nats-url.",
        );
      });
    return { result: undefined, detail: natsUrl };
  }

  async function startStateDatabase({ databaseUrl }: StackSettings) {
    const data = join(home.path, "state-database");
    await placeDatabase("state", data, deps.signal);
    await startPglite("database-state", databaseUrl, ["--data", data]);
    return { result: undefined, detail: "PGlite" };
  }

  async function startGisDatabase({ gisDatabaseUrl }: StackSettings) {
    const data = join(home.path, "gis-database");
    await placeDatabase("gis", data, deps.signal);
    const args = ["--data", data, "--postgis", "--seed-places"];
    await startPglite("database-gis", gisDatabaseUrl, args);
    return {
      result: undefined,
      detail: "PGlite with PostGIS: the cities and countries of the world",
    };
  }

  async function startPglite(name: string, url: string, args: string[]): Promise<void> {
    const script = join(REPOSITORY_ROOT, "packages/cli/src/stack/database/pglite-server.ts");
    await supervisor.start({
      ...nodeProcess(name, script, [...args, "--port", new URL(url).port]),
      readyWhen: { line: (line) => line.includes('"ready":true') },
      readyWithinMs: 180_000,
      layer: LAYER.database,
    });
  }

  async function openRepository() {
    const repository: Repository = options.repository
      ? await reachRepository(options.repository, options.branch)
      : await prepareRepository(home.path, options.branch);
    return { result: repository, detail: repository.workingCopy ?? repository.url };
  }

  async function startServices(names: readonly ServiceName[], settings: StackSettings) {
    const specs = names.flatMap((name) => serviceSpecs(name, settings));
    await Promise.all(specs.map((spec) => supervisor.start(spec)));
    const processes = specs.length === 1 ? "1 process" : `${specs.length} processes`;
    const hasWorkers = names.includes("gis-gateway") && settings.workers > 1;
    const workers = hasWorkers ? ` of ${settings.workers} workers` : "";
    return { result: undefined, detail: `${names.join(", ")}: ${processes}${workers}` };
  }

  function serviceSpecs(service: ServiceName, settings: StackSettings): ProcessSpec[] {
    const count = options.scale[service] ?? 1;
    const script = join(REPOSITORY_ROOT, "services", service, "src/main.ts");
    return Array.from({ length: count }, (_, index) => ({
      ...nodeProcess(
        service,
        script,
        [],
        serviceEnvironment(service, index + 1, settings, deps.environment),
      ),
      layer: LAYER.service,
      // The gateway is ready once it serves a release, which the first deployment brings.
      ...(index === 0 ? { readyWhen: { probe: () => answers(ports[service]) } } : {}),
    }));
  }

  function nodeProcess(
    name: string,
    script: string,
    args: string[],
    env: ProcessSpec["env"] = { PATH: deps.environment.PATH, HOME: deps.environment.HOME },
  ): ProcessSpec {
    return {
      name,
      command: process.execPath,
      args: [...NODE_OPTIONS, script, ...args],
      env: { ...env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    };
  }

  function describe(settings: StackSettings, repository: Repository): StackFile {
    const url = (name: keyof StackPorts) => `http://localhost:${ports[name]}`;
    return {
      version: options.version,
      environment: options.environment,
      urls: {
        gateway: url("gis-gateway"),
        approvals: url("approvals"),
        state: url("state"),
        watcher: url("watcher"),
        reconciler: url("reconciler"),
        operations: url("operations"),
      },
      repository: repository.url,
      workingCopy: repository.workingCopy,
      token: home.token,
      natsUrl: settings.natsUrl,
      databaseUrl: settings.databaseUrl,
      gisDatabaseUrl: settings.gisDatabaseUrl,
      pids: supervisor.pids(),
    };
  }

  function keepTrue(file: () => StackFile): NodeJS.Timeout {
    let written = JSON.stringify(file());
    return setInterval(() => {
      const now = JSON.stringify(file());
      if (now === written) return;
      written = now;
      writeStackFile(home.path, file()).catch((error: unknown) =>
        deps.log.warn({ err: error }, "Could not write stack.json"),
      );
    }, PIDS_EVERY_MS);
  }
}

/** Where the parts that are not given listen. */
async function chooseAddresses(
  options: StackOptions,
): Promise<Pick<StackSettings, "natsUrl" | "databaseUrl" | "gisDatabaseUrl">> {
  const local = async () => `postgres://postgres:postgres@127.0.0.1:${await freePort()}/postgres`;
  return {
    natsUrl: options.natsUrl ?? `nats://127.0.0.1:${await freePort()}`,
    databaseUrl: options.databaseUrl ?? (await local()),
    gisDatabaseUrl: options.gisDatabaseUrl ?? (await local()),
  };
}

/** Like `Promise.all`, but nothing is still going on when it throws. */
async function allSettledOrThrow<Values extends readonly unknown[]>(
  work: Values,
): Promise<{ -readonly [Key in keyof Values]: Awaited<Values[Key]> }> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<{ -readonly [Key in keyof Values]: Awaited<Values[Key]> }>;
}

async function answers(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health/live`, {
    signal: AbortSignal.timeout(1_000),
  });
  return response.ok;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.end());
  });
}
