import {
  type GatewayStatus,
  type PrepareResult,
  type Problem,
  prepareRelease,
} from "@honua/contracts";
import { formatProblem, formatProblems } from "@honua/release";
import { type Bus, hasCode, TransientError } from "@honua/service-kit";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { Gateways } from "../gateways/live-gateways.ts";
import type { ProblemLocator } from "../releases/problem-locator.ts";
import { releaseOf } from "./plan.ts";
import { fail, next, type Outcome, type Step, type StepContext } from "./step.ts";

/** Milliseconds that one gateway has to check a release against its databases. */
export interface ActivateTimeouts {
  prepareMs: number;
  observeMs: number;
}

/**
 * Applying: every live gateway prepares the release, then all of them are told to serve it, then
 * all of them are seen to serve it. Nothing is visible to clients before every gateway said yes.
 */
export function createActivate(deps: {
  bus: Bus;
  gateways: Gateways;
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
  ): Promise<Outcome | undefined> {
    const { deployment, log, signal } = context;
    const answers = await deps.gateways.until(
      deployment.environment,
      (live) => (live.length > 0 ? live : undefined),
      { withinMs: deps.timeouts.prepareMs, signal },
    );
    if (signal.aborted) throw stopping();
    if (!answers) return noGateway(deployment.environment, deps.timeouts.prepareMs);

    const results = await Promise.all(
      answers.map((gateway) => askToPrepare(release, gateway, context)),
    );
    const present = results.filter((result) => result !== undefined);
    if (present.length === 0) {
      throw new TransientError(
        "gateways-gone",
        "every gateway that was there is gone; looking again",
      );
    }
    for (const warning of present.flatMap(({ warnings }) => warnings)) {
      log.warn({ problem: warning }, formatProblem(warning));
    }
    const problems = distinct(present.flatMap((result) => (result.ok ? [] : result.problems)));
    if (problems.length === 0) return undefined;
    return fail("PrepareFailed", formatProblems(await deps.locate(deployment, problems)));
  }

  /** Undefined: this gateway is gone although its last heartbeat has not expired. */
  async function askToPrepare(
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
      log.warn({ gateway: instance }, `Gateway ${instance} does not answer; going on without it`);
      return undefined;
    }
  }

  async function observeEverywhere(
    release: string,
    context: StepContext,
  ): Promise<Outcome | undefined> {
    const { deployment, signal } = context;
    const verdict = await deps.gateways.until(
      deployment.environment,
      (live) => judge(live, release),
      { withinMs: deps.timeouts.observeMs, signal },
    );
    if (signal.aborted) throw stopping();
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
      `Not every gateway served the release within ${seconds} s: ${late.join(", ") || "none is left"}`,
    );
  }
}

/** All serve it, or the problems of the first that cannot, or neither yet. */
function judge(live: GatewayStatus[], release: string): "serving" | Problem[] | undefined {
  const broken = live.find(({ activationError }) => activationError?.release === release);
  if (broken?.activationError) return broken.activationError.problems;
  const all = live.length > 0 && live.every(({ observedRelease }) => observedRelease === release);
  return all ? "serving" : undefined;
}

function noGateway(environment: string, waitedMs: number): Outcome {
  return fail(
    "NoGateway",
    `No gateway of environment '${environment}' sent a heartbeat within ${Math.round(waitedMs / 1_000)} s; ` +
      `start one with GitOps__Watcher__Environment=${environment}`,
  );
}

function distinct(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** The process stops in the middle of a step; whoever takes the message over runs the step again. */
export function stopping(): TransientError {
  return new TransientError("stopping", "this reconciler is stopping");
}
