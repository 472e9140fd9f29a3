import {
  type GatewayStatus,
  type PrepareResult,
  type Problem,
  prepareRelease,
} from "@honua/contracts";
import { formatProblem, formatProblems } from "@honua/release";
import { type Bus, hasCode, TransientError } from "@honua/service-kit";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { LiveGateways } from "../gateways/live-gateways.ts";
import type { ProblemLocator } from "../releases/problem-locator.ts";
import { releaseOf } from "./plan.ts";
import { fail, next, type Step, type StepContext, type StepResult } from "./step.ts";

/** Time limits in milliseconds: to prepare a release, and until every gateway serves it. */
export interface ActivateTimeouts {
  prepareMs: number;
  observeMs: number;
}

/**
 * Applying: has every live gateway prepare the release, then makes it the desired release, then waits
 * until every gateway serves it. Clients see nothing of it before every gateway has prepared it.
 */
export function createActivate(deps: {
  bus: Bus;
  gateways: LiveGateways;
  desired: DesiredReleases;
  locate: ProblemLocator;
  timeouts: ActivateTimeouts;
}): Step {
  return async (context) => {
    const release = releaseOf(context.deployment);
    const refused = await prepareEverywhere(release, context);
    if (refused) return refused;
    await deps.desired.set(context.deployment.environment, release, context.deployment.id);
    return (
      (await observeEverywhere(release, context)) ??
      next("PostValidating", "Every gateway serves the release")
    );
  };

  async function prepareEverywhere(
    release: string,
    context: StepContext,
  ): Promise<StepResult | undefined> {
    const { deployment, log, signal } = context;
    const gateways = await deps.gateways.until(
      deployment.environment,
      (live) => (live.length > 0 ? live : undefined),
      { withinMs: deps.timeouts.prepareMs, signal },
    );
    if (signal.aborted) throw reconcilerStopping();
    if (!gateways) return noGatewayFailure(deployment.environment, deps.timeouts.prepareMs);

    const results = await Promise.all(
      gateways.map((gateway) => callPrepare(release, gateway, context)),
    );
    const present = results.filter((result) => result !== undefined);
    if (present.length === 0) {
      throw new TransientError("gateways-gone", "Every known gateway is gone. Retrying.");
    }
    for (const warning of present.flatMap(({ warnings }) => warnings)) {
      log.warn({ problem: warning }, formatProblem(warning));
    }
    const problems = distinctProblems(
      present.flatMap((result) => (result.ok ? [] : result.problems)),
    );
    if (problems.length === 0) return undefined;
    return fail("PrepareFailed", formatProblems(await deps.locate(deployment, problems)));
  }

  /** Returns undefined if the gateway is gone although its last heartbeat has not expired. */
  async function callPrepare(
    release: string,
    { environment, instance }: GatewayStatus,
    { deployment, log }: StepContext,
  ): Promise<PrepareResult | undefined> {
    try {
      return await deps.bus.call(
        prepareRelease,
        { release, deploymentId: deployment.id },
        { to: { environment, instance }, timeoutMs: deps.timeouts.prepareMs },
      );
    } catch (error) {
      if (!hasCode(error, "unavailable")) throw error;
      log.warn(
        { gateway: instance },
        `Gateway ${instance} does not respond; continuing without it`,
      );
      return undefined;
    }
  }

  async function observeEverywhere(
    release: string,
    context: StepContext,
  ): Promise<StepResult | undefined> {
    const { deployment, signal } = context;
    const verdict = await deps.gateways.until(
      deployment.environment,
      (live) => activationVerdict(live, release),
      { withinMs: deps.timeouts.observeMs, signal },
    );
    if (signal.aborted) throw reconcilerStopping();
    if (verdict === "serving") return undefined;
    if (verdict) {
      return fail("ActivationFailed", formatProblems(await deps.locate(deployment, verdict)));
    }
    const late = (await deps.gateways.list(deployment.environment))
      .filter(({ observedRelease }) => observedRelease !== release)
      .map(({ instance }) => instance);
    const seconds = Math.round(deps.timeouts.observeMs / 1_000);
    return fail(
      "ActivationFailed",
      `Not every gateway served the release within ${seconds} s: ${late.join(", ") || "no gateway is left"}`,
    );
  }
}

/** `serving` if all gateways serve the release, the problems of the first that failed, else undefined. */
function activationVerdict(
  live: GatewayStatus[],
  release: string,
): "serving" | Problem[] | undefined {
  const broken = live.find(({ activationError }) => activationError?.release === release);
  if (broken?.activationError) return broken.activationError.problems;
  const all = live.length > 0 && live.every(({ observedRelease }) => observedRelease === release);
  return all ? "serving" : undefined;
}

function noGatewayFailure(environment: string, waitedMs: number): StepResult {
  return fail(
    "NoGateway",
    `No gateway of environment '${environment}' sent a heartbeat within ${Math.round(waitedMs / 1_000)} s; ` +
      `start one with GitOps__Watcher__Environment=${environment}`,
  );
}

function distinctProblems(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** The process stops during a step. The process that receives the message next runs the step again. */
export function reconcilerStopping(): TransientError {
  return new TransientError("stopping", "This reconciler is stopping.");
}
