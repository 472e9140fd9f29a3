import { environmentPaused, environmentResumed } from "@honua/contracts";
import { storableText } from "../database/storable-text.ts";
import type { ChangeEnvironment } from "./environment-change.ts";

/**
 * Pauses an environment: new deployments wait. Pausing it again replaces the reason.
 *
 * @param request.by the operator, such as `user:ana@example.com`
 */
export async function pauseEnvironment(
  changeEnvironment: ChangeEnvironment,
  { environment: name, by, ...request }: { environment: string; reason: string; by: string },
): Promise<void> {
  await changeEnvironment(name, async ({ environment, update, emit, audit, now }) => {
    const reason = storableText(request.reason);
    audit({ actor: by, action: "environment.pause", outcome: "done", detail: { reason } });
    if (environment().pause?.reason === reason) return;
    await update({ pause: { reason, by, at: now.toISOString() } });
    await emit(environmentPaused, { pausedBy: by, reason });
  });
}

/** Resumes a paused environment. If it is not paused, only the audit entry is written. */
export async function resumeEnvironment(
  changeEnvironment: ChangeEnvironment,
  { environment: name, by }: { environment: string; by: string },
): Promise<void> {
  await changeEnvironment(name, async ({ environment, update, emit, audit }) => {
    audit({ actor: by, action: "environment.resume", outcome: "done" });
    if (environment().pause === null) return;
    await update({ pause: null });
    await emit(environmentResumed, { resumedBy: by });
  });
}
