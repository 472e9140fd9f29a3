import { createConnection } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "@honua/service-kit";
import { countOf } from "@honua/text";
import { CommandError } from "../command-error.ts";
import {
  type ConfigurationRepository,
  openUserRepository,
  prepareSampleRepository,
} from "./configuration-repository.ts";
import { createDatabaseFromTemplate, type TemplateKind } from "./database/database-template.ts";
import { openStackHome, type StackHome } from "./home.ts";
import { writeNatsServerConfiguration } from "./nats-server-configuration.ts";
import { findFreePort, type ServiceName, type StackPorts, stackPorts } from "./ports.ts";
import type { ProcessSpec } from "./processes/supervised-process.ts";
import { Supervisor } from "./processes/supervisor.ts";
import { type StackSettings, serviceEnvironment } from "./service-environment.ts";
import { removeStackFile, type StackFile, writeStackFile } from "./stack-file.ts";
import type { ServiceScale } from "./stack-options.ts";

export interface LocalStackOptions {
  home: string;
  /** URL or path of the user's repository; undefined for the sample repository. */
  repository: string | undefined;
  branch: string;
  environment: string;
  portBase: number;
  databaseUrl: string | undefined;
  gisDatabaseUrl: string | undefined;
  natsUrl: string | undefined;
  scale: ServiceScale;
  /** Number of worker processes of each gateway. */
  workers: number;
  reset: boolean;
  pollIntervalSeconds: number;
  version: string;
}

/** Reports the start of a step. The returned function reports its completion with a detail. */
export type StepReporter = (step: string) => (detail: string) => void;

export interface LocalStackDeps {
  log: Log;
  reportStep: StepReporter;
  environment: NodeJS.ProcessEnv;
  /** Interrupts the start. After the start, call `stop`. */
  signal: AbortSignal;
}

/**
 * Most allocations during the start of a process are garbage immediately. By default V8 would let
 * the young generation grow to 64 MB for them and keep that memory.
 */
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=8"];
const REPOSITORY_ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/**
 * Cache of the JavaScript that Node compiles from TypeScript. A process that finds all its modules
 * here does not load the compiler, which saves about 25 MB of resident memory per service.
 */
const COMPILE_CACHE = join(REPOSITORY_ROOT, "node_modules/.cache/honua/compiled");
const PGLITE_SERVER = join(REPOSITORY_ROOT, "packages/cli/src/stack/database/pglite-server.ts");
/** Process ids change when a process is restarted, so the stack file is refreshed at this interval. */
const STACK_FILE_INTERVAL_MS = 1_000;
const DATABASE_READY_TIMEOUT_MS = 180_000;
const PROBE_TIMEOUT_MS = 1_000;
/** The services that do not need the GIS database. */
const CORE_SERVICES = ["state", "approvals", "reconciler", "watcher"] as const;
/** The stack stops from the highest layer to the lowest. */
const LAYER = { bus: 0, database: 1, service: 2 } as const;

/** The whole system on this machine: message bus, databases and services. */
export class LocalStack {
  readonly #options: LocalStackOptions;
  readonly #deps: LocalStackDeps;
  readonly #home: StackHome;
  readonly #repository: ConfigurationRepository;
  readonly #settings: StackSettings;
  readonly #supervisor: Supervisor;
  #stackFileTimer: NodeJS.Timeout | undefined;

  /**
   * Starts the local stack. It runs until `stop`.
   *
   * @throws CommandError with the reason and what to do; nothing is left running then
   */
  static async start(options: LocalStackOptions, deps: LocalStackDeps): Promise<LocalStack> {
    const ports = await stackPorts(options.portBase);
    const home = await openStackHome(options.home, { reset: options.reset });
    let stack: LocalStack;
    try {
      const repository = await openRepository(options, home.path, deps.reportStep);
      const settings: StackSettings = {
        ...options,
        ...(await chooseAddresses(options)),
        home: home.path,
        repositoryUrl: repository.url,
        token: home.token,
        ports,
      };
      stack = new LocalStack(options, deps, home, repository, settings);
    } catch (error) {
      await home.release();
      throw error;
    }
    await stack.#startProcesses();
    return stack;
  }

  private constructor(
    options: LocalStackOptions,
    deps: LocalStackDeps,
    home: StackHome,
    repository: ConfigurationRepository,
    settings: StackSettings,
  ) {
    this.#options = options;
    this.#deps = deps;
    this.#home = home;
    this.#repository = repository;
    this.#settings = settings;
    this.#supervisor = new Supervisor({ log: deps.log, logDirectory: join(home.path, "logs") });
  }

  /** Returns the addresses, the token and the current process ids. */
  describe(): StackFile {
    const { ports, token, natsUrl, databaseUrl, gisDatabaseUrl } = this.#settings;
    const url = (name: keyof StackPorts) => `http://localhost:${ports[name]}`;
    return {
      version: this.#options.version,
      environment: this.#options.environment,
      urls: {
        gateway: url("gis-gateway"),
        approvals: url("approvals"),
        state: url("state"),
        watcher: url("watcher"),
        reconciler: url("reconciler"),
        operations: url("operations"),
      },
      repository: this.#repository.url,
      workingCopy: this.#repository.workingCopy,
      token,
      natsUrl,
      databaseUrl,
      gisDatabaseUrl,
      pids: this.#supervisor.pids(),
    };
  }

  /** Stops all processes in order and releases the home. The data is kept. */
  async stop(): Promise<void> {
    clearInterval(this.#stackFileTimer);
    await this.#supervisor.stop();
    await removeStackFile(this.#home.path);
    await this.#home.release();
  }

  async #startProcesses(): Promise<void> {
    const { signal } = this.#deps;
    // Stopping the processes makes the pending starts below fail, which cleans up.
    const interrupt = () => void this.#supervisor.stop();
    signal.addEventListener("abort", interrupt, { once: true });
    try {
      signal.throwIfAborted();
      await this.#startBus();
      // Seeding the GIS database takes longest, and only the gateway needs it.
      await settleAll([this.#startCoreServices(), this.#startGateway()]);
      signal.throwIfAborted();
      await this.#publishStackFile();
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
  }

  async #startBus(): Promise<void> {
    if (this.#options.natsUrl) return;
    const { natsUrl } = this.#settings;
    const reportDone = this.#deps.reportStep("message bus");
    const port = Number(new URL(natsUrl).port);
    await this.#supervisor
      .start({
        name: "nats-server",
        command: "nats-server",
        args: ["-c", await writeNatsServerConfiguration(this.#home.path, port)],
        env: { PATH: this.#deps.environment.PATH },
        readyWhen: { probe: () => acceptsConnections(port) },
        layer: LAYER.bus,
        endsWithInput: false,
      })
      .catch((cause: Error) => {
        if (!cause.message.includes("ENOENT")) throw cause;
        throw new CommandError(
          "nats-server is not installed. 'npm start' installs it on Debian and with Homebrew. Otherwise install it, or set the URL of a running one with --nats-url.",
        );
      });
    reportDone(natsUrl);
  }

  async #startCoreServices(): Promise<void> {
    if (!this.#options.databaseUrl) {
      const reportDone = this.#deps.reportStep("state database");
      await this.#startPglite("state", this.#settings.databaseUrl, []);
      reportDone("PGlite");
    }
    await this.#startServices("services", CORE_SERVICES);
  }

  async #startGateway(): Promise<void> {
    if (!this.#options.gisDatabaseUrl) {
      const reportDone = this.#deps.reportStep("GIS database");
      const flags = ["--postgis", "--seed-places"];
      await this.#startPglite("gis", this.#settings.gisDatabaseUrl, flags);
      reportDone("PGlite with PostGIS, seeded with sample data");
    }
    await this.#startServices("gateway", ["gis-gateway"]);
  }

  async #startPglite(kind: TemplateKind, url: string, flags: string[]): Promise<void> {
    const data = join(this.#home.path, `${kind}-database`);
    await createDatabaseFromTemplate(kind, data, this.#deps.signal);
    const { PATH, HOME } = this.#deps.environment;
    const args = ["--data", data, ...flags, "--port", new URL(url).port];
    await this.#supervisor.start({
      ...nodeProcess(`database-${kind}`, PGLITE_SERVER, args, { PATH, HOME }),
      readyWhen: { line: (line) => line.includes('"ready":true') },
      readyWithinMs: DATABASE_READY_TIMEOUT_MS,
      layer: LAYER.database,
    });
  }

  async #startServices(step: string, names: readonly ServiceName[]): Promise<void> {
    const reportDone = this.#deps.reportStep(step);
    const specs = names.flatMap((name) => this.#serviceProcesses(name));
    await Promise.all(specs.map((spec) => this.#supervisor.start(spec)));
    const { workers } = this.#settings;
    const processes = specs.length === 1 ? "1 process" : `${specs.length} processes`;
    const hasWorkers = names.includes("gis-gateway") && workers > 1;
    const workerDetail = hasWorkers ? ` with ${countOf(workers, "worker")}` : "";
    reportDone(`${names.join(", ")}: ${processes}${workerDetail}`);
  }

  #serviceProcesses(service: ServiceName): ProcessSpec[] {
    const count = this.#options.scale[service] ?? 1;
    const script = join(REPOSITORY_ROOT, "services", service, "src/main.ts");
    const port = this.#settings.ports[service];
    return Array.from({ length: count }, (_, index) => {
      const instance = index + 1;
      const { environment } = this.#deps;
      const env = serviceEnvironment(service, instance, this.#settings, environment);
      return {
        ...nodeProcess(service, script, [], env),
        layer: LAYER.service,
        // Liveness, because the gateway is ready only after the first deployment. Only the first
        // instance has a known port.
        ...(instance === 1 ? { readyWhen: { probe: () => isLive(port) } } : {}),
      };
    });
  }

  /** Writes the stack file, and writes it again whenever the process ids change. */
  async #publishStackFile(): Promise<void> {
    const { path } = this.#home;
    const initial = this.describe();
    await writeStackFile(path, initial);
    let written = JSON.stringify(initial);
    this.#stackFileTimer = setInterval(() => {
      const current = this.describe();
      const json = JSON.stringify(current);
      if (json === written) return;
      written = json;
      writeStackFile(path, current).catch((error: unknown) =>
        this.#deps.log.warn({ err: error }, "Could not write stack.json"),
      );
    }, STACK_FILE_INTERVAL_MS);
  }
}

async function openRepository(
  { repository, branch }: LocalStackOptions,
  home: string,
  reportStep: StepReporter,
): Promise<ConfigurationRepository> {
  const reportDone = reportStep("repository");
  const configuration = repository
    ? await openUserRepository(repository, branch)
    : await prepareSampleRepository(home, branch);
  reportDone(configuration.workingCopy ?? configuration.url);
  return configuration;
}

function nodeProcess(
  name: string,
  script: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Pick<ProcessSpec, "name" | "command" | "args" | "env"> {
  return {
    name,
    command: process.execPath,
    args: [...NODE_OPTIONS, script, ...args],
    env: { ...env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  };
}

/** Chooses free ports for the bus and the databases that the user does not provide. */
async function chooseAddresses(
  options: LocalStackOptions,
): Promise<Pick<StackSettings, "natsUrl" | "databaseUrl" | "gisDatabaseUrl">> {
  const localDatabase = async () =>
    `postgres://postgres:postgres@127.0.0.1:${await findFreePort()}/postgres`;
  return {
    natsUrl: options.natsUrl ?? `nats://127.0.0.1:${await findFreePort()}`,
    databaseUrl: options.databaseUrl ?? (await localDatabase()),
    gisDatabaseUrl: options.gisDatabaseUrl ?? (await localDatabase()),
  };
}

/** Like `Promise.all`, but rejects only after all promises have settled. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

async function isLive(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health/live`, {
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  });
  return response.ok;
}

function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      resolve(true);
      socket.end();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });
}
