import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { getDeployment } from "@honua/contracts";
import { type Bus, HonuaError, type Log, messageOf, type Service } from "@honua/service-kit";
import { decide } from "../decisions/submit-decision.ts";
import type { TeamsOf } from "../decisions/teams.ts";
import { readApprovalFile } from "./approval-file.ts";
import { fileDecision } from "./evaluate-approval-file.ts";
import { type ConfiguredOwners, ownerOf } from "./file-owner.ts";

export interface ApprovalDirectory extends Service {
  /** Why no file can be taken at present. */
  fault(): string | undefined;
}

/**
 * Takes decisions from `<deployment id>.json` in a directory. Files are read and never changed: what
 * was recorded is asked of state, so that any number of processes may read the same ones, and again.
 *
 * @param deps.intervalMs from the end of one look to the next
 */
export function createApprovalDirectory(deps: {
  directory: string;
  owners: ConfiguredOwners;
  teamsOf: TeamsOf;
  bus: Bus;
  intervalMs: number;
  log: Log;
}): ApprovalDirectory {
  const { directory, bus, log } = deps;
  // What was done with each file; one that changes is looked at again.
  let known = new Map<string, { version: string; isSettled: boolean }>();
  let fault: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isStopped = false;

  const take = async (name: string) => {
    const written = await readApprovalFile(join(directory, name));
    if (written.deploymentId !== basename(name, ".json")) {
      throw new Error(`it is about '${written.deploymentId}', and must be named after that`);
    }
    const [deployment, owner] = await Promise.all([
      bus.call(getDeployment, { deploymentId: written.deploymentId }),
      ownerOf(written.ownerId, deps.owners),
    ]);
    const decision = fileDecision(deployment, written, owner, deps.teamsOf);
    if (decision === "recorded") return;
    if ("refused" in decision) throw new Error(decision.refused);
    await decide({ bus, log }, deployment.id, decision.choice);
  };

  /** Whether there is nothing more to do about the file as it is. A wait is told of once. */
  const settle = async (name: string, isWaiting: boolean): Promise<boolean> => {
    try {
      await take(name);
      return true;
    } catch (error) {
      const willHeal = error instanceof HonuaError && error.kind !== "permanent";
      if (willHeal && isWaiting) return false;
      const file = join(directory, name);
      log.warn(
        { err: error, file },
        willHeal
          ? `The approval file ${file} waits: ${messageOf(error)}`
          : `The approval file ${file} is not accepted and left where it is: ${messageOf(error)}`,
      );
      return !willHeal;
    }
  };

  const look = async () => {
    fault = await faultOfDirectory(directory);
    if (fault !== undefined) return;
    const next: typeof known = new Map();
    for (const name of (await readdir(directory)).sort()) {
      if (isStopped) return;
      if (!name.endsWith(".json") || name.startsWith(".")) continue;
      const version = await versionOf(join(directory, name));
      if (version === undefined) continue;
      const before = known.get(name);
      const isSame = before?.version === version;
      const isSettled = (isSame && before.isSettled) || (await settle(name, isSame));
      next.set(name, { version, isSettled });
    }
    known = next;
  };

  const lookAgain = () => {
    const before = fault;
    looking = look()
      .catch((error: unknown) => {
        fault = `${directory} cannot be read: ${messageOf(error)}`;
      })
      .then(() => {
        if (fault !== undefined && fault !== before) {
          log.warn({ directory }, `No approval file is accepted: ${fault}`);
        }
        if (!isStopped) timer = setTimeout(lookAgain, deps.intervalMs);
      });
  };

  return {
    fault: () => fault,
    async start() {
      lookAgain();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

/** Whoever can write the directory can bring in the file of somebody else. */
async function faultOfDirectory(directory: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(directory);
    if ((mode & 0o002) === 0) return undefined;
    return `${directory} can be written by anybody; run chmod o-w on it`;
  } catch (error) {
    return `${directory} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { ino, ctimeMs, size } = await lstat(path);
    return `${ino}-${ctimeMs}-${size}`;
  } catch {
    return undefined; // gone since the directory was read
  }
}
