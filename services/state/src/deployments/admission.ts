import type { Deployment } from "@honua/contracts";
import { isActive, isSupersedable } from "./lifecycle.ts";

/** What is known of an environment when somebody asks for a deployment. */
export interface AdmissionFacts {
  trigger: Deployment["trigger"];
  treeHash: string;
  /** Opened by this very request before. */
  sameRequest: Deployment | undefined;
  /** The newest one of the same commit and content. */
  sameCommit: Deployment | undefined;
  /** The one under way or waiting. */
  active: Deployment | undefined;
  /** It was given up, as a dead letter. */
  blocked: boolean;
  /** A rollback went away from this commit, or from its content. */
  held: boolean;
  /** The last one that was verified. */
  live: { id: string; treeHash: string } | undefined;
}

/** What to do about a request to open a deployment. */
export type Admission =
  | { kind: "existing"; deployment: Deployment }
  | { kind: "held" }
  | { kind: "blocked" }
  | { kind: "busy"; active: Deployment }
  | {
      kind: "already-live";
      deployment: Deployment | undefined;
      supersedes: Deployment | undefined;
    }
  | { kind: "open"; supersedes: Deployment | undefined };

/**
 * Whether a request opens a deployment. A commit that was tried and did not make it is not tried
 * again (quarantine) unless a sync forces it; a commit that was superseded before anybody tried it,
 * or that was live once and is not any more, is deployed like a new one, unless it was a manual
 * rollback that went away from it.
 */
export function admitDeployment(facts: AdmissionFacts): Admission {
  const { active, live, sameCommit } = facts;
  if (facts.sameRequest) return { kind: "existing", deployment: facts.sameRequest };
  if (facts.trigger === "commit" && facts.blocked) return { kind: "blocked" };
  if (facts.trigger === "commit" && facts.held) return { kind: "held" };
  if (facts.trigger === "commit" && sameCommit && isUnderWayOrQuarantined(sameCommit)) {
    return { kind: "existing", deployment: sameCommit };
  }
  if (active && !isSupersedable(active)) return { kind: "busy", active };
  if (facts.trigger === "commit" && live?.treeHash === facts.treeHash) {
    const deployment = sameCommit?.id === live.id ? sameCommit : undefined;
    return { kind: "already-live", deployment, supersedes: active };
  }
  return { kind: "open", supersedes: active };
}

function isUnderWayOrQuarantined({ state, reason }: Deployment): boolean {
  if (isActive(state) || state === "RolledBack") return true;
  return state === "Failed" && reason !== "Superseded";
}
