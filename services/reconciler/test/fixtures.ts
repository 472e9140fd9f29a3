import type { Deployment, EnvironmentOverview, GatewayStatus, Plan } from "@honua/contracts";
import { createLog } from "@honua/service-kit";
import type { LiveGateways } from "../src/gateways/live-gateways.ts";
import type { StepContext } from "../src/steps/step.ts";

export const SHA = (letter: string): string => letter.repeat(64);
const COMMIT = "d".repeat(40);
const AT = "2026-11-22T14:30:22.000Z";
const person = { name: "Ana", email: "ana@example.com" };

export const plan = (changes: Partial<Plan> = {}): Plan => ({
  environment: "production",
  fromCommit: null,
  toCommit: COMMIT,
  fromRelease: null,
  toRelease: SHA("b"),
  riskLevel: "Medium",
  hasBreakingChanges: false,
  changes: [],
  unavailable: [],
  estimatedDurationSeconds: null,
  decision: { requiresApproval: false, rule: "nothing needs approval", allowed: true },
  planDigest: SHA("c"),
  ...changes,
});

export const deployment = (changes: Partial<Deployment> = {}): Deployment => ({
  id: "production-20261122-143022-ddddddd",
  environment: "production",
  commit: {
    id: COMMIT,
    repository: "file:///config.git",
    branch: "main",
    author: person,
    committer: person,
    message: "feat: Roads",
    committedAt: AT,
  },
  bundle: { digest: SHA("a"), bytes: 10, files: 1 },
  treeHash: "tree",
  trigger: "commit",
  restores: null,
  initiatedBy: "GitWatcher",
  state: "Applying",
  reason: null,
  errorMessage: null,
  version: 5,
  release: SHA("b"),
  previousRelease: null,
  plan: plan(),
  decisions: [],
  approvalExpiresAt: null,
  waitingFor: null,
  notBefore: null,
  windowOverride: null,
  startedAt: AT,
  completedAt: null,
  updatedAt: AT,
  stateHistory: [],
  ...changes,
});

export const situation = (changes: Partial<EnvironmentOverview> = {}): EnvironmentOverview => ({
  environment: "production",
  active: null,
  live: null,
  medianDurationMs: null,
  latest: null,
  health: "Progressing",
  syncStatus: "Syncing",
  pause: null,
  hold: null,
  blocked: null,
  lastChangeAt: null,
  ...changes,
});

export const gateway = (changes: Partial<GatewayStatus> = {}): GatewayStatus => ({
  environment: "production",
  instance: "gateway-1",
  url: "http://127.0.0.1:5000",
  observedRelease: null,
  activationError: null,
  collections: [],
  at: AT,
  ...changes,
});

/** Live gateways with a fixed list. */
export const gatewaysOf = (live: GatewayStatus[]): LiveGateways => ({
  list: async () => live,
  until: async (_environment, verdict) => verdict(live),
});

export const context = (changes: Partial<StepContext> = {}): StepContext => ({
  deployment: deployment(),
  situation: situation(),
  log: createLog({ service: "test", instance: "test", level: "silent" }),
  signal: new AbortController().signal,
  ...changes,
});
