import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@honua/contracts";
import { NODE } from "./system-under-test.ts";

const SERVICES = fileURLToPath(new URL("../../services/", import.meta.url));

/** One service as a process of its own, with nothing but the settings it is given. */
export interface ServiceProcess {
  /** What it has written so far. */
  log(): string;
  /** Its exit code, once it has ended. */
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
    env: { PATH, HOME, HOST: "127.0.0.1", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const collect = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  return {
    log: () => log,
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
