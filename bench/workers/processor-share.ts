import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";
/**
 * The period of a processor share in microseconds. Linux assigns a share in slices of 5 ms, so a much shorter
 * period would leave a part of it unused.
 */
const PERIOD_US = 100_000;

/** Processes that together may use a share of one core. */
export interface ProcessorShare {
  name: string;
  pids: readonly number[];
  /** Share of a core; 0.125 is an eighth. */
  cores: number;
}

/**
 * Limits the processor time of processes with a Linux control group (version 2, or the controller `cpu` of
 * version 1). Needs root.
 *
 * @returns a function that removes the group after its processes have exited
 */
export async function limitProcessor(share: ProcessorShare): Promise<() => Promise<void>> {
  const quota = Math.round(share.cores * PERIOD_US);
  const isVersion2 = existsSync(join(ROOT, "cgroup.controllers"));
  const group = join(isVersion2 ? ROOT : join(ROOT, "cpu"), share.name);
  if (isVersion2) await writeFile(join(ROOT, "cgroup.subtree_control"), "+cpu");
  await mkdir(group);
  if (isVersion2) {
    await writeFile(join(group, "cpu.max"), `${quota} ${PERIOD_US}`);
  } else {
    await writeFile(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
    await writeFile(join(group, "cpu.cfs_quota_us"), String(quota));
  }
  for (const pid of share.pids) await writeFile(join(group, "cgroup.procs"), String(pid));
  return () => rmdir(group);
}
