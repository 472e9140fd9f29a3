import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { startLocalStack } from "@honua/testing/local-stack";

/**
 * Measures the resident memory of each idle service of the local stack, thirty seconds after its first
 * deployment. The floor of the same run is an idle Node process. The stack starts twice, because the
 * first start writes the cache of compiled modules that later starts use.
 *
 *   node bench/idle-memory.ts
 */
const IDLE_MS = 30_000;
const SERVICES = ["watcher", "reconciler", "approvals", "state", "gis-gateway"];

await (await startLocalStack()).remove();
const stack = await startLocalStack();
const bare = spawn(process.execPath, ["--eval", "process.stdin.resume()"]);
try {
  await pause(IDLE_MS);
  const { pids } = await stack.description();
  const floor = await residentMegabytes(bare.pid);
  print("idle Node process", floor, floor);
  for (const service of SERVICES) {
    for (const pid of pids[service] ?? []) print(service, await residentMegabytes(pid), floor);
  }
} finally {
  bare.stdin.end();
  await once(bare, "exit");
  await stack.remove();
}

function print(name: string, megabytes: number, floor: number): void {
  const ratio = (megabytes / floor).toFixed(1);
  process.stdout.write(`${name.padEnd(20)} ${megabytes.toFixed(0).padStart(5)} MB   ${ratio}\n`);
}

/** Resident set size of a process in megabytes (10^6 bytes), as Linux reports it. */
async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return (Number(kilobytes) * 1_024) / 1e6;
}
