import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePortRange } from "./free-port.ts";
import {
  CLI,
  createSystemUnderTest,
  NODE,
  type SystemDescription,
  type SystemUnderTest,
} from "./system-under-test.ts";

/** The keys of `stack.json` that only the local stack has. */
export interface StackDescription extends SystemDescription {
  natsUrl: string;
  databaseUrl: string;
  pids: Record<string, number[]>;
}

export interface LocalStack extends SystemUnderTest {
  home: string;
  description(): Promise<StackDescription>;
  /** Interrupts the stack like Ctrl-C, and returns the milliseconds until it has exited. */
  interrupt(): Promise<number>;
  /** Starts the stack again in the same home, optionally with more flags. */
  start(more?: string[]): Promise<void>;
}

/** The system as `npm start` runs it, on random ports and in its own home directory. */
export async function startLocalStack(flags: string[] = []): Promise<LocalStack> {
  const home = await mkdtemp(join(tmpdir(), "honua-stack-"));
  const portBase = await freePortRange(6);
  const environment = { ...process.env, HONUA_HOME: home, NO_COLOR: "1" };
  let process_: ChildProcess | undefined;

  const description = async () =>
    JSON.parse(await readFile(join(home, "stack.json"), "utf8")) as StackDescription;
  const stack: LocalStack = {
    home,
    ...createSystemUnderTest({ workingCopy: join(home, "honua-config"), environment, description }),
    description,
    async interrupt() {
      if (!process_ || process_.exitCode !== null) return 0;
      const started = performance.now();
      const ended = once(process_, "exit");
      process_.kill("SIGINT");
      // A second Ctrl-C must not do harm.
      process_.kill("SIGINT");
      await ended;
      return performance.now() - started;
    },
    async start(more = []) {
      process_ = await up(more);
    },
    async remove() {
      await stack.interrupt();
      if (process.env.HONUA_TEST_KEEP) return;
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await stack.start();
  return stack;

  async function up(more: string[]): Promise<ChildProcess> {
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
    const child = spawn(NODE, [...args, ...flags, ...more], {
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
      child.once("exit", (code) => reject(new Error(`honua up exited with ${code}: ${errors}`)));
    });
    return child;
  }
}
