import type { CommitInfo, DeploymentPolicy, Plan, PlanChange, Release } from "@honua/contracts";
import { canonicalJson } from "../canonical-json.ts";
import { DEFAULT_SETTINGS } from "../compile/compile-settings.ts";
import { sha256Hex } from "../digest.ts";
import { evaluatePolicy } from "../policy/evaluate-policy.ts";
import { stricterPolicy } from "../policy/stricter-policy.ts";
import { diffDatasources } from "./diff-datasources.ts";
import { diffLayers, layersById } from "./diff-layers.ts";
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
  /** The release that the environment serves. Null before the first deployment. */
  readonly live: CommittedRelease | null;
  readonly candidate: CommittedRelease;
  /** The commit for the rules of policies. Without it, a rule that uses it requires approval. */
  readonly commit?: CommitInfo;
  /** The policy of the server. The repository can only make it stricter. */
  readonly policyFloor: DeploymentPolicy;
  readonly estimatedDurationSeconds: number | null;
  /**
   * The base of the URLs of unavailable collections. Defaults to the base URL of the live release.
   */
  readonly baseUrl?: string;
}

/**
 * Plans a deployment: the changes from the live release to the candidate, their risk, the collections
 * that become unavailable, and the decision of the policies. The policies are those of the server and
 * of the live release, never of the candidate: a commit cannot loosen the policy that applies to it.
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
    decision: evaluatePolicy(
      { plan: facts, commit: input.commit },
      { server: input.policyFloor, repository },
    ),
    planDigest: sha256Hex(
      canonicalJson({ candidate: candidate.digest, live: live?.digest ?? null, policy }),
    ),
  };
}

/**
 * The semantic difference between two releases. Entries are compared by id; their place in the file
 * does not matter. Without an earlier release, everything is added.
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
  const kept = layersById(candidate.release);
  const root = (baseUrl ?? live.release.settings.baseUrl ?? "").replace(/\/+$/, "");
  return [...layersById(live.release).keys()]
    .filter((collection) => !kept.has(collection))
    .map((collection) => ({
      collection,
      url: `${root}/ogc/collections/${encodeURIComponent(collection)}`,
    }));
}
