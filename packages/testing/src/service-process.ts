import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@honua/contracts";
import { eventually } from "./eventually.ts";
import { NODE } from "./system-under-test.ts";

const SERVICES = fileURLToPath(new URL("../../../services/", import.meta.url));

/** A service in a separate process with the given settings only. */
export interface ServiceProcess {
  /** Its output so far. */
  log(): string;
  /** Waits until its output contains a text, because output and responses arrive independently. */
  says(what: string | RegExp, withinMs?: number): Promise<unknown>;
  /** Its exit code after it has exited and all output has arrived. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts `services/<name>` without waiting for it. */
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
        `the output contains ${what}`,
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
