import {
  type Deployment,
  type DeploymentState,
  type EnvironmentSituation,
  getSituation,
  noteWaiting,
  transitionDeployment,
} from "@honua/contracts";
import {
  type Bus,
  hasCode,
  inSpan,
  type Log,
  PermanentError,
  type reconciliationMetrics,
} from "@honua/service-kit";
import type { Counter } from "@opentelemetry/api";
import type { DesiredReleases } from "./desired-releases.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { fail, type Outcome } from "./steps/step.ts";
import type { StepTable } from "./steps/steps.ts";

const ACTOR = "system:reconciler";

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
 * @returns what state knows of the environment afterwards
 */
export type Reconcile = (environment: string, signal: AbortSignal) => Promise<EnvironmentSituation>;

export function createReconcile(deps: ReconcileDeps): Reconcile {
  const { bus, steps } = deps;

  return async (environment, signal) => {
    let situation = await bus.call(getSituation, { environment });
    for (;;) {
      signal.throwIfAborted();
      const deployment = situation.active;
      // Blocked: whoever looks after it pushes a newer commit or forces a sync.
      if (!deployment || situation.blocked) return situation;
      const log = deps.log.child({ environment, deploymentId: deployment.id });
      const outcome = await decide(deployment, situation, log, signal);
      const advanced = await advance(deployment, situation, outcome, log);
      if (advanced === undefined) return situation;
      situation = advanced;
    }
  };

  /**
   * Records an outcome.
   *
   * @returns what is known afterwards, read again unless only the state moved on; undefined when
   *   the deployment must wait
   */
  async function advance(
    deployment: Deployment,
    situation: EnvironmentSituation,
    outcome: Outcome,
    log: Log,
  ): Promise<EnvironmentSituation | undefined> {
    const { environment } = deployment;
    try {
      if (outcome.kind === "wait") {
        await recordWait(deployment, outcome);
        if (outcome.until) deps.wakeAt(environment, outcome.until);
        return undefined;
      }
      const updated = await record(deployment, situation, outcome, log);
      if (updated && isActive(updated.state)) return { ...situation, active: updated };
    } catch (error) {
      if (!hasCode(error, "stale-version")) throw error;
      log.debug("Somebody else moved this deployment on; reading it again");
    }
    return bus.call(getSituation, { environment });
  }

  async function decide(
    deployment: Deployment,
    situation: EnvironmentSituation,
    log: Log,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { state } = deployment;
    if (!isActive(state)) {
      throw new PermanentError(
        "not-active",
        `state calls ${deployment.id} active, but it is ${state}`,
      );
    }
    try {
      const about = { environment: deployment.environment, deploymentId: deployment.id };
      return await inSpan(`step ${state}`, about, () =>
        steps[state]({ deployment, situation, log, signal }),
      );
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      log.error({ err: error }, `The step '${state}' cannot be done: ${error.message}`);
      return fail("Internal", `${state}: ${error.message}`);
    }
  }

  async function record(
    deployment: Deployment,
    situation: EnvironmentSituation,
    outcome: Exclude<Outcome, { kind: "wait" }>,
    log: Log,
  ): Promise<Deployment | undefined> {
    if (deployment.state === "Pending") announce(deployment, log);
    if (outcome.kind === "next") {
      const updated = await bus.call(transitionDeployment, {
        deploymentId: deployment.id,
        expectedVersion: deployment.version,
        to: outcome.to,
        actor: ACTOR,
        message: outcome.message,
        facts: outcome.facts ?? {},
      });
      if (updated.state === "Completed") succeeded(updated, log);
      return updated;
    }
    const failed = await bus.call(transitionDeployment, {
      deploymentId: deployment.id,
      expectedVersion: deployment.version,
      to: "Failed",
      actor: ACTOR,
      message: outcome.message,
      facts: { reason: outcome.reason, errorMessage: outcome.message },
    });
    await failedToReconcile(failed, situation, log);
    return undefined;
  }

  async function recordWait(
    { id, version, waitingFor, notBefore }: Deployment,
    { why, note }: Extract<Outcome, { kind: "wait" }>,
  ) {
    if (!note || (waitingFor === why && notBefore === note.notBefore)) return;
    await bus.call(noteWaiting, {
      deploymentId: id,
      expectedVersion: version,
      waitingFor: why,
      notBefore: note.notBefore,
    });
  }

  /** After a failure that clients may have seen, the last verified release comes back by itself. */
  async function failedToReconcile(failed: Deployment, situation: EnvironmentSituation, log: Log) {
    count(failed, deps.metrics.failure);
    if (failed.reason === "ApprovalExpired") {
      deps.metrics.approvalTimeout.add(1, { environment: failed.environment });
    }
    const level = failed.reason === "Internal" ? "error" : "warn";
    log[level](
      { reason: failed.reason },
      `Failed reconciliation for environment '${failed.environment}': ${failed.errorMessage}`,
    );
    const { live } = situation;
    const desired = await deps.desired.current(failed.environment);
    if (!live || desired === undefined || desired === live.release) return;
    const { autoRollback } = await deps.policy(failed.environment, live);
    if (!autoRollback) {
      log.warn("Automatic rollback is switched off for this environment");
      return;
    }
    log.warn("Deployment failed, initiating automatic rollback");
    await bus.call(transitionDeployment, {
      deploymentId: failed.id,
      expectedVersion: failed.version,
      to: "RollingBack",
      actor: ACTOR,
      message: `Rolling back to ${live.deploymentId}`,
    });
  }

  function announce(deployment: Deployment, log: Log) {
    deps.metrics.total.add(1, { environment: deployment.environment });
    log.info(
      { commit: deployment.commit.id },
      `Starting reconciliation for environment '${deployment.environment}' at commit '${deployment.commit.id.slice(0, 7)}'`,
    );
  }

  function succeeded(deployment: Deployment, log: Log) {
    const ms = count(deployment, deps.metrics.success);
    log.info(
      { commit: deployment.commit.id, durationMs: ms },
      `Successfully completed reconciliation for environment '${deployment.environment}' in ${ms}ms`,
    );
  }

  function count(deployment: Deployment, counter: Counter): number {
    const { environment, startedAt, completedAt } = deployment;
    const ms = Date.parse(completedAt ?? deployment.updatedAt) - Date.parse(startedAt);
    counter.add(1, { environment });
    deps.metrics.duration.record(ms / 1_000, { environment });
    return ms;
  }
}

function isActive(state: DeploymentState): state is keyof StepTable {
  return state !== "Completed" && state !== "Failed" && state !== "RolledBack";
}
