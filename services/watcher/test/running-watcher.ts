import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CommitInfo,
  commitDetected,
  type EnvironmentSituation,
  getSituation,
  recordCommitRefused,
  recordCommitSeen,
  type SourceStatus,
} from "@honua/contracts";
import { type Bus, type Clock, connectBus, createLog, type Stop } from "@honua/service-kit";
import type { z } from "zod";
import { createGit, type Git } from "../src/git/git.ts";
import { type GitCredentials, gitEnvironment } from "../src/git/git-environment.ts";
import type { RemoteDeadlines } from "../src/git/mirror.ts";
import { parseRepositoryUrl, type RepositoryUrl } from "../src/git/repository-url.ts";
import {
  createSignaturePolicy,
  type SignatureMode,
  type SignaturePolicy,
} from "../src/signatures/signature-policy.ts";
import { createTrustedKeys, type TrustedKeyFiles } from "../src/signatures/trusted-keys.ts";
import { createWatcher, type Watcher } from "../src/watch/watcher.ts";

export type Detected = z.output<typeof commitDetected.data> & { environment: string; id: string };

const quiet = createLog({ service: "watcher-test", instance: "test", level: "silent" });

export async function openBus(url: string, service = "watcher"): Promise<Bus> {
  return connectBus({ url, service, instance: "test", log: quiet, onClosed: () => {} });
}

/** State as the watcher sees it: it knows what it was told, and answers when it is switched on. */
export function createStateDouble(bus: Bus) {
  const situations = new Map<string, Partial<EnvironmentSituation>>();
  const seen: { environment: string; commit: string; branch: string }[] = [];
  const refused: z.output<typeof recordCommitRefused.request>[] = [];
  const asked: string[] = [];
  let whenRefused = () => {};
  let stops: Stop[] = [];
  return {
    seen,
    /** Environments whose situation was asked for, as often as it was. */
    asked,
    /** Refusals, as often as they were told. */
    refused,
    /** Something that happens while a refusal is being recorded. */
    whenRefused(happens: () => void) {
      whenRefused = happens;
    },
    knows(environment: string, situation: Partial<EnvironmentSituation>) {
      situations.set(environment, situation);
    },
    start() {
      stops = [
        bus.serve(getSituation, async ({ environment }) => {
          asked.push(environment);
          return {
            environment,
            active: null,
            live: null,
            latest: null,
            medianDurationMs: null,
            health: "Unknown" as const,
            syncStatus: "Unknown" as const,
            pause: null,
            hold: null,
            lastChangeAt: null,
            ...situations.get(environment),
          };
        }),
        bus.serve(recordCommitSeen, async (commit) => {
          seen.push(commit);
          return {};
        }),
        bus.serve(recordCommitRefused, async (refusal) => {
          refused.push(refusal);
          whenRefused();
          return {};
        }),
      ];
    },
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/** The live deployment that a situation shows once a hand-over has been verified. */
export function liveOf(detected: { commit: CommitInfo; treeHash: string }) {
  const { commit, treeHash } = detected;
  const deploymentId = `test-${commit.id.slice(0, 7)}`;
  return {
    live: { deploymentId, commit: commit.id, treeHash, release: "0".repeat(64) },
    latest: { deploymentId, commit: commit.id, treeHash, state: "Completed" as const },
  };
}

/** Every `commit.detected` of an environment, in the order of its lane. */
export function collectDetections(bus: Bus, environment: string) {
  const detections: Detected[] = [];
  const stop = bus.lanePool({ maxConcurrent: 1 }).openLane({
    environment,
    handle: async ({ event }) => {
      if (event.type !== commitDetected.type) return;
      detections.push({ ...commitDetected.data.parse(event.data), environment, id: event.id });
    },
    deadLetter: async () => {},
  });
  return { detections, stop };
}

export interface TestWatcher {
  watcher: Watcher;
  /** Git commands that were run, as their argument lists. */
  commands: string[][];
  lines: { level: string; msg: string; code?: string }[];
  status(environment: string): SourceStatus;
  stop(): Promise<void>;
}

/** A watcher with fast polls, whose git commands and log lines can be looked at. */
export async function startWatcher(options: {
  bus: Bus;
  url: string;
  sources?: { environment: string; branch?: string; url?: string }[];
  pollIntervalMs?: number;
  mirrorsDirectory?: string;
  clock?: Clock;
  signatures?: { mode: SignatureMode; files: TrustedKeyFiles };
  /** The secret for git, where it needs one. */
  credentials?: Partial<GitCredentials>;
  surroundings?: Record<string, string | undefined>;
  deadlines?: RemoteDeadlines;
}): Promise<TestWatcher> {
  const own = await mkdtemp(join(tmpdir(), "honua-mirrors-"));
  const mirrorsDirectory = options.mirrorsDirectory ?? join(own, "mirrors");
  const commands: string[][] = [];
  const lines: TestWatcher["lines"] = [];
  const log = quiet.child({});
  for (const level of ["debug", "info", "warn", "error"] as const) {
    log[level] = ((fields: { code?: string }, msg: string) => {
      lines.push({ level, msg, ...(fields.code === undefined ? {} : { code: fields.code }) });
    }) as typeof log.info;
  }
  log.child = (() => log) as unknown as typeof log.child;
  const watcher = createWatcher({
    bus: options.bus,
    log,
    mirrorsDirectory,
    ...(options.deadlines ? { deadlines: options.deadlines } : {}),
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.signatures ? { signatures: policyOf(options.signatures, mirrorsDirectory) } : {}),
    sources: (options.sources ?? [{ environment: "production" }]).map((source) => ({
      environment: source.environment,
      branch: source.branch ?? "main",
      repository: repositoryAt(source.url ?? options.url),
      pollIntervalMs: options.pollIntervalMs ?? 200,
    })),
    git(repository, stop) {
      const environment = gitEnvironment({
        repository,
        credentials: { ...NO_CREDENTIALS, ...options.credentials },
        mirrorsDirectory,
        surroundings: { PATH: process.env.PATH, ...options.surroundings },
      });
      return recording(commands, createGit({ environment, stop }));
    },
  });
  await watcher.start();
  return {
    watcher,
    commands,
    lines,
    status(environment) {
      const all = watcher.statuses.map((status) => status.current());
      const found = all.find((status) => status.environment === environment);
      if (!found) throw new Error(`no source for ${environment}`);
      return found;
    },
    async stop() {
      await watcher.stop();
      await rm(own, { recursive: true, force: true });
    },
  };
}

function policyOf(
  { mode, files }: { mode: SignatureMode; files: TrustedKeyFiles },
  home: string,
): SignaturePolicy {
  return createSignaturePolicy(mode, createTrustedKeys({ files, home, path: process.env.PATH }));
}

export const NO_CREDENTIALS: GitCredentials = {
  username: undefined,
  password: undefined,
  sshKeyPath: undefined,
  knownHostsPath: undefined,
};

export function repositoryAt(url: string): RepositoryUrl {
  const repository = parseRepositoryUrl(url, { allowFile: true });
  if ("refused" in repository) throw new Error(repository.refused);
  return repository;
}

function recording(commands: string[][], git: Git): Git {
  return {
    text: (directory, args, runOptions) => {
      commands.push([...args]);
      return git.text(directory, args, runOptions);
    },
    catFile: (directory, args, runOptions) => {
      commands.push(["cat-file", ...args]);
      return git.catFile(directory, args, runOptions);
    },
    stream: (directory, args, onOutput, runOptions) => {
      commands.push([...args]);
      return git.stream(directory, args, onOutput, runOptions);
    },
  };
}
