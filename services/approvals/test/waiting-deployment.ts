import type { Deployment } from "@honua/contracts";

/** Digest of the plan. */
export const DIGEST = "d".repeat(64);

/** A deployment that awaits approval. */
export const waiting: Deployment = {
  id: "production-20260301-090000-abcdef1",
  environment: "production",
  commit: {
    id: "abcdef1".padEnd(40, "0"),
    repository: "https://example.com/config.git",
    branch: "main",
    author: { name: "Bo", email: "bo@example.com" },
    committer: { name: "Bo", email: "bo@example.com" },
    message: "Remove roads",
    committedAt: "2026-03-01T08:59:00.000Z",
  },
  bundle: { digest: "b".repeat(64), bytes: 1, files: 1 },
  treeHash: "t1",
  trigger: "commit",
  restores: null,
  initiatedBy: "system:watcher",
  state: "AwaitingApproval",
  reason: null,
  errorMessage: null,
  version: 4,
  release: "c".repeat(64),
  previousRelease: null,
  plan: {
    environment: "production",
    fromCommit: null,
    toCommit: "abcdef1".padEnd(40, "0"),
    fromRelease: null,
    toRelease: "c".repeat(64),
    riskLevel: "Critical",
    hasBreakingChanges: true,
    changes: [],
    unavailable: [],
    estimatedDurationSeconds: null,
    decision: { requiresApproval: true, rule: "server configuration", allowed: true },
    planDigest: DIGEST,
  },
  decisions: [],
  approvalExpiresAt: "2026-03-02T09:00:00.000Z",
  waitingFor: null,
  notBefore: null,
  windowOverride: null,
  startedAt: "2026-03-01T09:00:00.000Z",
  completedAt: null,
  updatedAt: "2026-03-01T09:00:02.000Z",
  stateHistory: [
    {
      from: "Planning",
      to: "AwaitingApproval",
      at: "2026-03-01T09:00:02.000Z",
      actor: "system:reconciler",
      message: "needs approval",
    },
  ],
};
