import { readdirSync, readFileSync } from "node:fs";

/** Ticks of `/proc` in a second; the same on every Linux that runs Node. */
const TICKS = 100;

/**
 * Seconds of processor time that a process and everything it ever started have used, as Linux counts
 * them: the children that ended and were waited for, and those that still run.
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
    // The name of the program, in brackets, may hold anything; numbers follow the last bracket.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return [{ pid: Number(pid), parent: Number(fields[1]), ticks }];
  } catch {
    return [];
  }
}
