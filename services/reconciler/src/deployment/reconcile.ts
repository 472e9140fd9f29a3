import {
  type Deployment,
  type DeploymentState,
  type EnvironmentSituation,
  getSituation,
  noteWaiting,
} from "@honua/contracts";
import {
  type Bus,
  hasCode,
  inSpan,
  type Log,
  PermanentError,
  type reconciliationMetrics,
} from "@honua/service-kit";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { fail, type Outcome, type StepContext } from "../steps/step.ts";
import type { StepTable } from "../steps/step-table.ts";
import { createProgress, type Progress } from "./deployment-progress.ts";
import { createOutcomeLog } from "./outcome-log.ts";

const ACTOR = "system:reconciler";

/**
 * States whose step touches nothing that clients see: entering one of them may be recorded together
 * with leaving it. Every other one is recorded before its step begins, so that whoever takes over
 * knows what may have happened.
 */
const LOOKS_ONLY: readonly DeploymentState[] = ["Validating", "Planning", "PostValidating"];
/** Milliseconds after which people see that a deployment is in such a state, although its step lasts. */
const RECORD_AFTER_MS = 500;

/** Tells somebody to look at an environment again at a time. */
export type WakeAt = (environment: string, at: Date) => void;

export interface ReconcileDeps {
  bus: Bus;
  log: Log;
  steps: StepTable;
  desired: DesiredReleases;
  policy: EffectivePolicy;
  wakeAt: WakeAt;
  metrics: ReturnType<typeof reconciliationMetrics>;
}

/**
 * Drives the active deployment of an environment from wherever state says it is to its end, or to
 * where it must wait. Any process may do so at any time: a step may run twice, and a transition
 * that lost a race is refused by state, after which the deployment is read again.
 *
 * @param known what state knows of the environment, when it was asked just now
 * @returns what it knows, or undefined when a deployment was brought to its end
 */
export type Reconcile = (
  environment: string,
  signal: AbortSignal,
  known?: EnvironmentSituation,
) => Promise<EnvironmentSituation | undefined>;

export function createReconcile(deps: ReconcileDeps): Reconcile {
  const { bus, steps } = deps;
  const outcomes = createOutcomeLog(deps.metrics);

  return async (environment, signal, known) => {
    let situation = known ?? (await bus.call(getSituation, { environment }));
    for (;;) {
      const { active } = situation;
      // Blocked: whoever looks after it pushes a newer commit or forces a sync.
      if (!active || situation.blocked) return situation;
      const log = deps.log.child({ environment, deploymentId: active.id });
      const progress = createProgress(bus, active, ACTOR);
      try {
        return (await drive(progress, situation, log, signal)) === "waits" ? situation : undefined;
      } catch (error) {
        if (!hasCode(error, "stale-version")) throw error;
        log.debug("Somebody else moved this deployment on; reading it again");
      }
      situation = await bus.call(getSituation, { environment });
    }
  };

  /** Takes one step after the other. */
  async function drive(
    progress: Progress,
    situation: EnvironmentSituation,
    log: Log,
    signal: AbortSignal,
  ): Promise<"waits" | "ended"> {
    for (;;) {
      signal.throwIfAborted();
      const { state } = progress.deployment();
      const outcome = await decide(progress, situation, log, signal);
      if (outcome.kind === "wait") {
        await recordWait(await progress.record(), outcome);
        return "waits";
      }
      if (state === "Pending") outcomes.begins(progress.deployment(), log);
      if (outcome.kind === "next") progress.decide(outcome);
      else {
        const facts = { reason: outcome.reason, errorMessage: outcome.message };
        progress.decide({ to: "Failed", message: outcome.message, facts });
      }
      if (LOOKS_ONLY.includes(progress.deployment().state)) continue;
      const deployment = await progress.record();
      if (deployment.state === "Completed") outcomes.succeeded(deployment, log);
      if (deployment.state === "Failed") {
        outcomes.failed(deployment, log);
        await rollBackAfter(progress, situation, log);
      }
      if (!isActive(progress.deployment().state)) return "ended";
    }
  }

  /** What the step of the state decides; what was decided before it is recorded when it lasts. */
  async function decide(
    progress: Progress,
    situation: EnvironmentSituation,
    log: Log,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const deployment = progress.deployment();
    const deciding = runStep({ deployment, situation, log, signal });
    let recording: Promise<unknown> = Promise.resolve();
    const timer = setTimeout(() => {
      recording = progress.record();
      // Waited for below.
      recording.catch(() => undefined);
    }, RECORD_AFTER_MS);
    try {
      return await deciding;
    } catch (error) {
      // It comes again, perhaps in another process: people see how far it got.
      clearTimeout(timer);
      await recording.then(() => progress.record()).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      await recording;
    }
  }

  async function runStep(context: StepContext): Promise<Outcome> {
    const { deployment, log } = context;
    const { state } = deployment;
    if (!isActive(state)) {
      throw new PermanentError(
        "not-active",
        `state calls ${deployment.id} active, but it is ${state}`,
      );
    }
    try {
      const about = { environment: deployment.environment, deploymentId: deployment.id };
      return await inSpan(`step ${state}`, about, () => steps[state](context));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      log.error({ err: error }, `The step '${state}' cannot be done: ${error.message}`);
      return fail("Internal", `${state}: ${error.message}`);
    }
  }

  async function recordWait(
    { environment, id, version, waitingFor, notBefore }: Deployment,
    { until, why, note }: Extract<Outcome, { kind: "wait" }>,
  ) {
    if (note && (waitingFor !== why || notBefore !== note.notBefore)) {
      await bus.call(noteWaiting, {
        deploymentId: id,
        expectedVersion: version,
        waitingFor: why,
        notBefore: note.notBefore,
      });
    }
    if (until) deps.wakeAt(environment, until);
  }

  /** After a failure that clients may have seen, the last verified release comes back by itself. */
  async function rollBackAfter(progress: Progress, { live }: EnvironmentSituation, log: Log) {
    const { environment } = progress.deployment();
    const desired = await deps.desired.current(environment);
    if (!live || desired === undefined || desired === live.release) return;
    const { autoRollback } = await deps.policy(environment, live);
    if (!autoRollback) {
      log.warn("Automatic rollback is switched off for this environment");
      return;
    }
    log.warn("Deployment failed, initiating automatic rollback");
    progress.decide({ to: "RollingBack", message: `Rolling back to ${live.deploymentId}` });
    await progress.record();
  }
}

function isActive(state: DeploymentState): state is keyof StepTable {
  return state !== "Completed" && state !== "Failed" && state !== "RolledBack";
}
