import type { Deployment } from "@honua/contracts";
import { isActive, isSupersedable } from "./lifecycle.ts";

/** The facts that decide whether a deployment is opened. */
export interface AdmissionFacts {
  trigger: Deployment["trigger"];
  treeHash: string;
  /** The deployment that the same request opened earlier. */
  sameRequest: Deployment | undefined;
  /** The newest deployment of the same commit and content. */
  sameCommit: Deployment | undefined;
  /** The deployment in progress or waiting. */
  active: Deployment | undefined;
  /** Whether the commit became a dead letter. */
  blocked: boolean;
  /** Whether a rollback holds this commit or its content. */
  held: boolean;
  /** The last verified deployment. */
  live: { id: string; treeHash: string } | undefined;
}

/** The outcome of a request to open a deployment. */
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
 * Decides whether a request opens a deployment.
 *
 * A commit that failed is quarantined: it is deployed again only by a forced sync. A commit that was
 * superseded before it started, or that was live earlier, is deployed like a new one, unless a manual
 * rollback holds it.
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
