import {
  type Deployment,
  type DeploymentState,
  type EnvironmentOverview,
  getEnvironmentOverview,
  reportWaiting,
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
import { fail, type StepContext, type StepResult } from "../steps/step.ts";
import type { StepTable } from "../steps/step-table.ts";
import { createDeploymentProgress, type DeploymentProgress } from "./deployment-progress.ts";
import { createOutcomeLog } from "./outcome-log.ts";

const ACTOR = "system:reconciler";

/**
 * States whose step changes nothing that clients see. Entering and leaving such a state may be recorded
 * together. Every other state is recorded before its step starts, so that another process that takes
 * over knows what may already have changed.
 */
const READ_ONLY_STATES: readonly DeploymentState[] = ["Validating", "Planning", "PostValidating"];
/** Milliseconds after which such a state is recorded while its step still runs, so that it is visible. */
const RECORD_AFTER_MS = 500;

/** Schedules a new look at an environment. */
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
 * Drives the active deployment of an environment from its recorded state until it ends or must wait.
 * Any process may do so at any time: a step may run twice, and state refuses a transition that lost a
 * race, after which the deployment is read again.
 *
 * @param known the environment's situation if the caller has just read it from state
 * @returns the situation, or undefined if a deployment ended
 */
export type Reconcile = (
  environment: string,
  signal: AbortSignal,
  known?: EnvironmentOverview,
) => Promise<EnvironmentOverview | undefined>;

export function createReconcile(deps: ReconcileDeps): Reconcile {
  const { bus, steps } = deps;
  const outcomes = createOutcomeLog(deps.metrics);

  return async (environment, signal, known) => {
    let situation = known ?? (await bus.call(getEnvironmentOverview, { environment }));
    for (;;) {
      const { active } = situation;
      // A blocked environment needs a newer commit or a forced sync.
      if (!active || situation.blocked) return situation;
      const log = deps.log.child({ environment, deploymentId: active.id });
      const progress = createDeploymentProgress(bus, active, ACTOR);
      try {
        return (await driveDeployment(progress, situation, log, signal)) === "waits"
          ? situation
          : undefined;
      } catch (error) {
        if (!hasCode(error, "stale-version")) throw error;
        log.debug("Another process changed this deployment; reading it again");
      }
      situation = await bus.call(getEnvironmentOverview, { environment });
    }
  };

  /** Runs one step after the other. */
  async function driveDeployment(
    progress: DeploymentProgress,
    situation: EnvironmentOverview,
    log: Log,
    signal: AbortSignal,
  ): Promise<"waits" | "ended"> {
    for (;;) {
      signal.throwIfAborted();
      const { state } = progress.deployment();
      const outcome = await runStepOrRecord(progress, situation, log, signal);
      if (outcome.kind === "wait") {
        await recordWait(await progress.recordTransitions(), outcome);
        return "waits";
      }
      if (state === "Pending") outcomes.started(progress.deployment(), log);
      if (outcome.kind === "next") progress.addTransition(outcome);
      else {
        const facts = { reason: outcome.reason, errorMessage: outcome.message };
        progress.addTransition({ to: "Failed", message: outcome.message, facts });
      }
      if (READ_ONLY_STATES.includes(progress.deployment().state)) continue;
      const deployment = await progress.recordTransitions();
      if (deployment.state === "Completed") outcomes.succeeded(deployment, log);
      if (deployment.state === "Failed") {
        outcomes.failed(deployment, log);
        await rollBackAfter(progress, situation, log);
      }
      if (!isActiveState(progress.deployment().state)) return "ended";
    }
  }

  /** Runs the step of the current state, and records pending transitions if it takes long. */
  async function runStepOrRecord(
    progress: DeploymentProgress,
    situation: EnvironmentOverview,
    log: Log,
    signal: AbortSignal,
  ): Promise<StepResult> {
    const deployment = progress.deployment();
    const running = runStep({ deployment, situation, log, signal });
    let recording: Promise<unknown> = Promise.resolve();
    const timer = setTimeout(() => {
      recording = progress.recordTransitions();
      // Awaited below.
      recording.catch(() => undefined);
    }, RECORD_AFTER_MS);
    try {
      return await running;
    } catch (error) {
      // The step runs again, perhaps in another process. Record how far the deployment got.
      clearTimeout(timer);
      await recording.then(() => progress.recordTransitions()).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      await recording;
    }
  }

  async function runStep(context: StepContext): Promise<StepResult> {
    const { deployment, log } = context;
    const { state } = deployment;
    if (!isActiveState(state)) {
      throw new PermanentError(
        "not-active",
        `State reports deployment ${deployment.id} as active, but it is ${state}.`,
      );
    }
    try {
      const about = { environment: deployment.environment, deploymentId: deployment.id };
      return await inSpan(`step ${state}`, about, () => steps[state](context));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      log.error({ err: error }, `Step '${state}' failed permanently: ${error.message}`);
      return fail("Internal", `${state}: ${error.message}`);
    }
  }

  async function recordWait(
    { environment, id, version, waitingFor, notBefore }: Deployment,
    { until, why, note }: Extract<StepResult, { kind: "wait" }>,
  ) {
    if (note && (waitingFor !== why || notBefore !== note.notBefore)) {
      await bus.call(reportWaiting, {
        deploymentId: id,
        expectedVersion: version,
        waitingFor: why,
        notBefore: note.notBefore,
      });
    }
    if (until) deps.wakeAt(environment, until);
  }

  /** Rolls back to the last verified release after a failure that clients may have seen. */
  async function rollBackAfter(
    progress: DeploymentProgress,
    { live }: EnvironmentOverview,
    log: Log,
  ) {
    const { environment } = progress.deployment();
    const desired = await deps.desired.current(environment);
    if (!live || desired === undefined || desired === live.release) return;
    const { autoRollback } = await deps.policy(environment, live);
    if (!autoRollback) {
      log.warn("Automatic rollback is disabled for this environment");
      return;
    }
    log.warn("Deployment failed, initiating automatic rollback");
    progress.addTransition({ to: "RollingBack", message: `Rolling back to ${live.deploymentId}` });
    await progress.recordTransitions();
  }
}

function isActiveState(state: DeploymentState): state is keyof StepTable {
  return state !== "Completed" && state !== "Failed" && state !== "RolledBack";
}
