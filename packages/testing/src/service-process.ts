import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@honua/contracts";
import { eventually } from "./eventually.ts";
import { NODE } from "./system-under-test.ts";

const SERVICES = fileURLToPath(new URL("../../../services/", import.meta.url));

/** One service as a process of its own, with nothing but the settings it is given. */
export interface ServiceProcess {
  /** What it has written so far. */
  log(): string;
  /** Waits until it has written this: what it writes arrives beside what it answers. */
  says(what: string | RegExp, withinMs?: number): Promise<unknown>;
  /** Its exit code, once it has ended and all that it has written is there. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts `services/<name>`; does not wait for anything. */
export function startServiceProcess(
  name: ServiceName,
  settings: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): ServiceProcess {
  const { PATH = "", HOME = "" } = process.env;
  const child: ChildProcess = spawn(NODE, [join(SERVICES, name, "src/main.ts"), ...args], {
    // Several gateways of a test must not compete for the standard operations port.
    env: { PATH, HOME, HOST: "127.0.0.1", OPERATIONS_PORT: "0", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const collect = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    log: () => log,
    says: (what, withinMs) =>
      eventually(
        `it says ${what}`,
        () => (typeof what === "string" ? log.includes(what) : what.test(log)),
        withinMs,
      ),
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
