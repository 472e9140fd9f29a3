import { lstat, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { getDeployment } from "@honua/contracts";
import { type Bus, HonuaError, type Log, messageOf, type Service } from "@honua/service-kit";
import { submitDecision } from "../decisions/submit-decision.ts";
import type { TeamsOf } from "../decisions/teams.ts";
import { readApprovalFile } from "./approval-file.ts";
import { evaluateApprovalFile } from "./evaluate-approval-file.ts";
import { type ConfiguredOwners, resolveFileOwner } from "./file-owner.ts";

export interface ApprovalFileWatcherDeps {
  directory: string;
  owners: ConfiguredOwners;
  teamsOf: TeamsOf;
  bus: Bus;
  /** Milliseconds from the end of one scan to the start of the next. */
  intervalMs: number;
  log: Log;
}

/** A file as it was at the last scan. A changed file is processed again. */
interface SeenFile {
  version: string;
  isSettled: boolean;
}

/**
 * Submits the decisions in `<deployment id>.json` files of a directory. Files are read and never changed.
 * State knows which decisions are recorded, so several processes may read the same files repeatedly.
 */
export class ApprovalFileWatcher implements Service {
  readonly #deps: ApprovalFileWatcherDeps;
  #seen = new Map<string, SeenFile>();
  #fault: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: ApprovalFileWatcherDeps) {
    this.#deps = deps;
  }

  /** Why no file can be processed at present. */
  fault(): string | undefined {
    return this.#fault;
  }

  async start(): Promise<void> {
    this.#scanning = this.#scanAndSchedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#scanning;
  }

  async #scanAndSchedule(): Promise<void> {
    const { directory, log, intervalMs } = this.#deps;
    const previousFault = this.#fault;
    try {
      await this.#scan();
    } catch (error) {
      this.#fault = `${directory} cannot be read: ${messageOf(error)}`;
    }
    if (this.#fault !== undefined && this.#fault !== previousFault) {
      log.warn({ directory }, `No approval file is accepted: ${this.#fault}`);
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#scanning = this.#scanAndSchedule();
    }, intervalMs);
  }

  async #scan(): Promise<void> {
    const { directory } = this.#deps;
    this.#fault = await faultOfDirectory(directory);
    if (this.#fault !== undefined) return;
    const next = new Map<string, SeenFile>();
    for (const name of (await readdir(directory)).sort()) {
      if (this.#isStopped) return;
      if (!name.endsWith(".json") || name.startsWith(".")) continue;
      const version = await versionOf(join(directory, name));
      if (version === undefined) continue;
      const before = this.#seen.get(name);
      const isUnchanged = before?.version === version;
      const isSettled =
        (isUnchanged && before.isSettled) || (await this.#processFile(name, isUnchanged));
      next.set(name, { version, isSettled });
    }
    this.#seen = next;
  }

  /**
   * Submits the decision of a file.
   *
   * @param isRetry true: the wait for this file was already logged
   * @returns whether the file is settled and needs no further attempt until it changes
   */
  async #processFile(name: string, isRetry: boolean): Promise<boolean> {
    try {
      await this.#submit(name);
      return true;
    } catch (error) {
      const isTemporary = error instanceof HonuaError && error.kind !== "permanent";
      if (isTemporary && isRetry) return false;
      const file = join(this.#deps.directory, name);
      this.#deps.log.warn(
        { err: error, file },
        isTemporary
          ? `The approval file ${file} waits: ${messageOf(error)}`
          : `The approval file ${file} is not accepted and left where it is: ${messageOf(error)}`,
      );
      return !isTemporary;
    }
  }

  async #submit(name: string): Promise<void> {
    const { directory, owners, teamsOf, bus, log } = this.#deps;
    const file = await readApprovalFile(join(directory, name));
    const { deploymentId } = file;
    if (deploymentId !== basename(name, ".json")) {
      throw new Error(`it is about '${deploymentId}' and must be named '${deploymentId}.json'`);
    }
    const [deployment, owner] = await Promise.all([
      bus.call(getDeployment, { deploymentId }),
      resolveFileOwner(file.ownerId, owners),
    ]);
    const evaluation = evaluateApprovalFile(deployment, file, owner, teamsOf);
    if (evaluation === "recorded") return;
    if ("refused" in evaluation) throw new Error(evaluation.refused);
    await submitDecision({ bus, log }, deployment.id, evaluation.request);
  }
}

/** In a directory that anybody can write, a user can place a file of another owner. */
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
    return undefined; // The file was removed after the directory was read.
  }
}
