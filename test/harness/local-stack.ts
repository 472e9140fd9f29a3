import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Deployment, DeploymentSummary, EnvironmentState } from "@honua/contracts";
import { eventually } from "./eventually.ts";
import { freePortRange } from "./free-port.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const NODE = join(ROOT, "node_modules/node/bin/node");
const CLI = join(ROOT, "packages/cli/src/main.ts");

/** The parts of `stack.json` that tests read. */
export interface StackDescription {
  urls: { gateway: string; approvals: string; state: string; watcher: string; reconciler: string };
  repository: string;
  workingCopy: string;
  token: string;
  gisDatabaseUrl: string;
  pids: Record<string, number[]>;
}

export interface LocalStack {
  home: string;
  description(): Promise<StackDescription>;
  /** Runs the `honua` command against this stack. */
  honua(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }>;
  git(...args: string[]): Promise<string>;
  /** Rewrites a JSON file of the working copy. */
  edit(file: string, change: (document: never) => unknown): Promise<void>;
  write(file: string, text: string): Promise<void>;
  /** Commits everything in the working copy and pushes; gives the commit id. */
  push(message: string, ...flags: string[]): Promise<string>;
  state(): Promise<EnvironmentState>;
  deployment(id: string): Promise<Deployment>;
  /** The deployment of a commit once it is in one of these states. */
  deploymentOf(commit: string, ...states: string[]): Promise<DeploymentSummary>;
  collections(): Promise<string[]>;
  /** Interrupts the stack as Ctrl-C does; gives the milliseconds until it had ended. */
  interrupt(): Promise<number>;
  /** Starts the same home again. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** The system as `npm start` runs it, on random ports and in a home of its own. */
export async function startLocalStack(flags: string[] = []): Promise<LocalStack> {
  const home = await mkdtemp(join(tmpdir(), "honua-stack-"));
  const portBase = await freePortRange(5);
  const environment = { ...process.env, HONUA_HOME: home, NO_COLOR: "1" };
  let process_: ChildProcess | undefined;

  const stack: LocalStack = {
    home,
    async description() {
      return JSON.parse(await readFile(join(home, "stack.json"), "utf8")) as StackDescription;
    },
    async honua(...args) {
      try {
        const { stdout, stderr } = await run(NODE, [CLI, ...args], { env: environment, cwd: home });
        return { stdout, stderr, code: 0 };
      } catch (error) {
        const failed = error as { stdout?: string; stderr?: string; code?: number };
        return {
          stdout: failed.stdout ?? "",
          stderr: failed.stderr ?? "",
          code: failed.code ?? -1,
        };
      }
    },
    async git(...args) {
      const cwd = join(home, "honua-config");
      return (await run("git", args, { cwd })).stdout.trim();
    },
    async edit(file, change) {
      const path = join(home, "honua-config", file);
      const document = JSON.parse(await readFile(path, "utf8")) as never;
      await writeFile(path, `${JSON.stringify(change(document), null, 2)}\n`);
    },
    async write(file, text) {
      await writeFile(join(home, "honua-config", file), text);
    },
    async push(message, ...pushFlags) {
      await stack.git("add", "--all");
      await stack.git("commit", "--quiet", "--allow-empty", "--message", message);
      await stack.git("push", "--quiet", ...pushFlags, "origin", "HEAD:main");
      return stack.git("rev-parse", "HEAD");
    },
    state: () => get<EnvironmentState>("/api/gitops/environments/production"),
    deployment: (id) => get<Deployment>(`/api/gitops/deployments/${id}`),
    deploymentOf: (commit, ...states) =>
      eventually(
        `a deployment of ${commit.slice(0, 7)} is ${states.join(" or ")}`,
        async () => {
          const { items } = await get<{ items: DeploymentSummary[] }>(
            "/api/gitops/environments/production/deployments?limit=50",
          );
          return items.find((one) => one.commit === commit && states.includes(one.state));
        },
        45_000,
      ),
    async collections() {
      const { urls } = await stack.description();
      const response = await fetch(`${urls.gateway}/ogc/collections`);
      const body = (await response.json()) as { collections: { id: string }[] };
      return body.collections.map(({ id }) => id).sort();
    },
    async interrupt() {
      if (!process_ || process_.exitCode !== null) return 0;
      const started = performance.now();
      const ended = once(process_, "exit");
      process_.kill("SIGINT");
      // An impatient person presses it twice.
      process_.kill("SIGINT");
      await ended;
      return performance.now() - started;
    },
    async start() {
      process_ = await up();
    },
    async remove() {
      await stack.interrupt();
      if (process.env.HONUA_TEST_KEEP) return;
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await stack.start();
  return stack;

  async function get<Body>(path: string): Promise<Body> {
    const { urls, token } = await stack.description();
    const response = await fetch(urls.state + path, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok)
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Body;
  }

  async function up(): Promise<ChildProcess> {
    const args = [
      CLI,
      "up",
      "--json",
      "--home",
      home,
      "--port-base",
      String(portBase),
      "--poll-interval",
      "0.5",
    ];
    const child = spawn(NODE, [...args, ...flags], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.includes('"ready":true')) resolve();
      });
      child.once("exit", (code) => reject(new Error(`honua up ended with ${code}: ${errors}`)));
    });
    return child;
  }
}
