import {
  type Deployment,
  type EnvironmentBlock,
  environmentDrifted,
  type recordDeadLetter as recordDeadLetterCall,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import { storableText } from "../database/storable-text.ts";
import { isSupersedable } from "../deployments/lifecycle.ts";
import { readActiveDeployment } from "../deployments/read-deployments.ts";
import { advanceDeployment } from "../deployments/store-deployment.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";

type DeadLetter = z.output<typeof recordDeadLetterCall.request>;

/**
 * Stores a dead letter and blocks its environment, in one transaction. Recording the same message
 * twice has no further effect.
 *
 * The deployment in progress fails, so that a newer commit can be deployed. A deployment that is only
 * waiting is left alone: the newer commit supersedes it.
 */
export async function recordDeadLetter(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  letter: DeadLetter,
): Promise<void> {
  const { environment, consumer, subject, messageId, error, deliveries } = letter;
  const isNew = await deps.changeEnvironment(environment, async (change) => {
    if (!(await storeDeadLetter(change, letter))) return false;
    const active = await readActiveDeployment(change.transaction, environment);
    if (active && !isSupersedable(active)) await failDeployment(change, active, letter);
    await blockEnvironment(change, letter, active);
    return true;
  });
  if (!isNew) return;
  deps.log.error(
    { environment, consumer, subject, messageId, code: error.code },
    `Dead letter: ${consumer} failed to process message ${messageId} in ${deliveries} deliveries; environment '${environment}' is blocked: ${error.message}`,
  );
}

/** @returns false if the dead letter was stored before */
async function storeDeadLetter({ transaction, now }: EnvironmentChange, letter: DeadLetter) {
  const { environment, consumer, subject, messageId, payload, error, deliveries } = letter;
  const stored = await transaction
    .insertInto("dead_letters")
    .values({
      environment,
      consumer,
      subject,
      message_id: messageId,
      payload: storableText(payload),
      error_code: error.code,
      error_message: storableText(error.message),
      deliveries,
      at: now,
    })
    .onConflict((conflict) => conflict.columns(["consumer", "message_id"]).doNothing())
    .returning("sequence")
    .executeTakeFirst();
  return stored !== undefined;
}

async function failDeployment(
  change: EnvironmentChange,
  active: Deployment,
  { error }: DeadLetter,
) {
  const message = `Message processing failed permanently: ${error.message}`;
  await advanceDeployment(change, active, {
    to: "Failed",
    actor: "system:state",
    message,
    facts: { reason: "Internal", errorMessage: message },
  });
}

async function blockEnvironment(
  change: EnvironmentChange,
  { messageId, event, commit, error }: DeadLetter,
  active: Deployment | undefined,
) {
  const blocked: EnvironmentBlock = {
    messageId,
    event,
    commit: commit ?? active?.commit.id ?? null,
    code: error.code,
    message: storableText(error.message),
    at: change.now.toISOString(),
  };
  const health = change.environment().live_deployment_id === null ? "Unhealthy" : "Degraded";
  await change.update({ blocked, health, sync_status: "OutOfSync" });
  change.audit({
    actor: "system:state",
    action: "environment.block",
    outcome: "done",
    target: messageId,
    detail: { event, commit: blocked.commit, code: error.code, message: blocked.message },
  });
  const message = `Blocked by a dead letter: ${error.message}`;
  await change.emit(environmentDrifted, { health, syncStatus: "OutOfSync", message });
}
