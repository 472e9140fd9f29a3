import type { DeploymentPolicy, DeploymentState } from "@honua/contracts";
import type { Bus, Clock } from "@honua/service-kit";
import { ONLY_PLANS } from "../dry-run/dry-run-commit.ts";
import type { PlanCommit } from "../dry-run/plan-commit.ts";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import { createHttpGet } from "../gateways/http-get.ts";
import type { Gateways } from "../gateways/live-gateways.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { createProblemLocator } from "../releases/problem-locator.ts";
import type { Releases } from "../releases/release-store.ts";
import type { ReconcilerSettings } from "../settings.ts";
import { createActivate } from "./activate.ts";
import { createAdmit } from "./admit.ts";
import { createAwaitDecision } from "./await-decision.ts";
import { createCompile } from "./compile.ts";
import { createNeedsAttention } from "./needs-attention.ts";
import { createPlan } from "./plan.ts";
import { createRollBack } from "./roll-back.ts";
import { createWindowGate } from "./start-conditions.ts";
import { hold, type Step } from "./step.ts";
import { createVerify } from "./verify.ts";

/** The states in which the reconciler has something to do, each with its step. */
export type StepTable = Record<
  Exclude<DeploymentState, "Completed" | "Failed" | "RolledBack">,
  Step
>;

/** The step of a server that only plans. */
const idle: Step = async () => hold(ONLY_PLANS);

/** The whole life of a deployment, from one state to the next. */
export function createSteps(deps: {
  bus: Bus;
  clock: Clock;
  gateways: Gateways;
  desired: DesiredReleases;
  releases: Releases;
  floor: (environment: string) => DeploymentPolicy;
  policy: EffectivePolicy;
  planCommit: PlanCommit;
  settings: ReconcilerSettings["GitOps"];
}): StepTable {
  const { bus, clock, gateways, desired, releases, floor, policy, settings } = deps;
  const windowGate = createWindowGate({ clock, policy });
  const prepareMs = settings.PrepareTimeoutSeconds * 1_000;
  const observeMs = settings.HealthCheckTimeoutSeconds * 1_000;
  const locate = createProblemLocator(bus);
  return {
    Pending: createAdmit({
      windowGate,
      needsAttention: createNeedsAttention(deps.planCommit),
    }),
    Validating: createCompile({ bus, releases }),
    Planning: createPlan({ bus, releases, clock, floor, windowGate }),
    AwaitingApproval: createAwaitDecision({ clock, windowGate }),
    Applying: createActivate({
      bus,
      gateways,
      desired,
      locate,
      timeouts: { prepareMs, observeMs },
    }),
    PostValidating: createVerify({ gateways, releases, get: createHttpGet() }),
    RollingBack: createRollBack({ gateways, desired, releases, observeMs }),
    // What clients may have seen already is brought to its end.
    ...(settings.DryRun ? { Pending: idle, Planning: idle, AwaitingApproval: idle } : {}),
  };
}
