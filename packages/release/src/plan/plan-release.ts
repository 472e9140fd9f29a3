import type { CommitInfo, DeploymentPolicy, Plan, PlanChange, Release } from "@honua/contracts";
import { canonicalJson } from "../canonical-json.ts";
import { DEFAULT_SETTINGS } from "../compile/compile-settings.ts";
import { sha256Hex } from "../digest.ts";
import { decide } from "../policy/evaluate-policy.ts";
import { stricterPolicy } from "../policy/stricter-policy.ts";
import { diffDatasources } from "./diff-datasources.ts";
import { diffLayers, placedLayers } from "./diff-layers.ts";
import { diffServices } from "./diff-services.ts";
import { diffPolicy, diffSettings } from "./diff-settings.ts";
import { planRisk } from "./risk.ts";

/** A release and the commit it was compiled from. */
export interface CommittedRelease {
  readonly commit: string;
  readonly release: Release;
  /** SHA-256 of the canonical release. */
  readonly digest: string;
}

export interface PlanInput {
  readonly environment: string;
  /** What the environment serves; null before its first deployment. */
  readonly live: CommittedRelease | null;
  readonly candidate: CommittedRelease;
  /** What the rules of policies see of the commit; without it, a rule that asks for it demands people. */
  readonly commit?: CommitInfo;
  /** The policy of the server, which the repository can only make stricter. */
  readonly policyFloor: DeploymentPolicy;
  readonly estimatedDurationSeconds: number | null;
  /** Address that the URLs of lost collections start with; by default the live release's own. */
  readonly baseUrl?: string;
}

/**
 * Plans a deployment: what differs between the live release and the candidate, how risky that is,
 * what clients lose, and what policy says. The policy is that of the server and of the live
 * release, never of the candidate: a commit cannot loosen the policy it is judged by.
 */
export function planRelease(input: PlanInput): Plan {
  const { environment, live, candidate } = input;
  const changes = diffReleases(live?.release ?? null, candidate.release);
  const facts = {
    environment,
    fromCommit: live?.commit ?? null,
    toCommit: candidate.commit,
    riskLevel: planRisk(changes),
    hasBreakingChanges: changes.some(({ breaking }) => breaking),
    changes,
    unavailable: lostCollections(input),
    estimatedDurationSeconds: input.estimatedDurationSeconds,
  };
  const repository = live?.release.policy;
  const policy = stricterPolicy(input.policyFloor, repository);
  return {
    ...facts,
    fromRelease: live?.digest ?? null,
    toRelease: candidate.digest,
    decision: decide(
      { plan: facts, commit: input.commit },
      { server: input.policyFloor, repository },
    ),
    planDigest: sha256Hex(
      canonicalJson({ candidate: candidate.digest, live: live?.digest ?? null, policy }),
    ),
  };
}

/**
 * The semantic difference between two releases, by id: where an entry stands in its file does not
 * count. Without a release before, everything is added.
 */
export function diffReleases(before: Release | null, after: Release): PlanChange[] {
  const was = before ?? emptyRelease(after.environment);
  const settings = diffSettings(was, after);
  return [
    ...diffPolicy(was, after),
    ...(before === null ? settings.map(asAdded) : settings),
    ...diffDatasources(was, after),
    ...diffServices(was, after),
    ...diffLayers(was, after),
  ];
}

function emptyRelease(environment: string): Release {
  return {
    apiVersion: "honua.io/v1",
    kind: "Release",
    environment,
    settings: DEFAULT_SETTINGS,
    datasources: [],
    services: [],
  };
}

function asAdded({ before: _before, ...change }: PlanChange): PlanChange {
  return { ...change, action: "added", risk: "Low", reason: "settings added" };
}

function lostCollections({ live, candidate, baseUrl }: PlanInput): Plan["unavailable"] {
  if (live === null) return [];
  const kept = placedLayers(candidate.release);
  const root = (baseUrl ?? live.release.settings.baseUrl ?? "").replace(/\/+$/, "");
  return [...placedLayers(live.release).keys()]
    .filter((collection) => !kept.has(collection))
    .map((collection) => ({
      collection,
      url: `${root}/ogc/collections/${encodeURIComponent(collection)}`,
    }));
}
