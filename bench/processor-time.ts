import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second in `/proc`. The value is the same on every Linux that runs Node. */
const TICKS = 100;

/**
 * The processor time in seconds of a process and all its descendants, as Linux counts it: running
 * children, and finished children for which the parent waited.
 */
export function processorSeconds(pid: number): number {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(statOf);
  const total = (parent: number): number =>
    processes
      .filter((process) => process.parent === parent)
      .reduce((sum, child) => sum + child.ticks + total(child.pid), 0);
  const own = processes.find((process) => process.pid === pid);
  return ((own?.ticks ?? 0) + total(pid)) / TICKS;
}

function statOf(pid: string): { pid: number; parent: number; ticks: number }[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program name in parentheses can contain any character. Numbers follow the last parenthesis.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return [{ pid: Number(pid), parent: Number(fields[1]), ticks }];
  } catch {
    return [];
  }
}
