import type { DeploymentPolicy, DeploymentState } from "@honua/contracts";
import type { Bus, Clock } from "@honua/service-kit";
import { DRY_RUN_SERVER } from "../dry-run/dry-run-commit.ts";
import type { PlanCommit } from "../dry-run/plan-commit.ts";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import { createHttpGet } from "../gateways/http-get.ts";
import type { LiveGateways } from "../gateways/live-gateways.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { createProblemLocator } from "../releases/problem-locator.ts";
import type { ReleaseStore } from "../releases/release-store.ts";
import type { ReconcilerSettings } from "../settings.ts";
import { createActivate } from "./activate.ts";
import { createAdmit } from "./admit.ts";
import { createAwaitDecision } from "./await-decision.ts";
import { createCompile } from "./compile.ts";
import { createNeedsAttention } from "./needs-attention.ts";
import { createPlan } from "./plan.ts";
import { createRollBack } from "./roll-back.ts";
import { createWindowCheck } from "./start-conditions.ts";
import { type Step, waitAndShow } from "./step.ts";
import { createVerify } from "./verify.ts";

/** The step of each state that is not final. */
export type StepTable = Record<
  Exclude<DeploymentState, "Completed" | "Failed" | "RolledBack">,
  Step
>;

/** The step of a server in dry-run mode. */
const waitOnDryRunServer: Step = async () => waitAndShow(DRY_RUN_SERVER);

/** Creates the steps of all states. */
export function createStepTable(deps: {
  bus: Bus;
  clock: Clock;
  gateways: LiveGateways;
  desired: DesiredReleases;
  releases: ReleaseStore;
  floor: (environment: string) => DeploymentPolicy;
  policy: EffectivePolicy;
  planCommit: PlanCommit;
  settings: ReconcilerSettings["GitOps"];
}): StepTable {
  const { bus, clock, gateways, desired, releases, floor, policy, settings } = deps;
  const checkWindow = createWindowCheck({ clock, policy });
  const prepareMs = settings.PrepareTimeoutSeconds * 1_000;
  const observeMs = settings.HealthCheckTimeoutSeconds * 1_000;
  const locate = createProblemLocator(bus);
  return {
    Pending: createAdmit({
      checkWindow,
      needsAttention: createNeedsAttention(deps.planCommit),
    }),
    Validating: createCompile({ bus, releases }),
    Planning: createPlan({ bus, releases, clock, floor, checkWindow }),
    AwaitingApproval: createAwaitDecision({ clock, checkWindow }),
    Applying: createActivate({
      bus,
      gateways,
      desired,
      locate,
      timeouts: { prepareMs, observeMs },
    }),
    PostValidating: createVerify({ gateways, releases, get: createHttpGet() }),
    RollingBack: createRollBack({ gateways, desired, releases, observeMs }),
    // Deployments that clients may have seen are still finished.
    ...(settings.DryRun
      ? {
          Pending: waitOnDryRunServer,
          Planning: waitOnDryRunServer,
          AwaitingApproval: waitOnDryRunServer,
        }
      : {}),
  };
}
