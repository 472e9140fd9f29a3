import { environmentPaused, environmentResumed } from "@honua/contracts";
import { storableText } from "../database/storable-text.ts";
import type { ChangeEnvironment } from "./environment-change.ts";

/**
 * Holds back new deployments of an environment. Pausing it once more only replaces the reason.
 *
 * @param by who wants it, such as `user:ana@example.com`
 */
export async function pauseEnvironment(
  changeEnvironment: ChangeEnvironment,
  { environment: name, reason, by }: { environment: string; reason: string; by: string },
): Promise<void> {
  await changeEnvironment(name, async ({ environment, update, emit, audit, now }) => {
    const wanted = storableText(reason);
    audit({ actor: by, action: "environment.pause", outcome: "done", detail: { reason: wanted } });
    if (environment().pause?.reason === wanted) return;
    await update({ pause: { reason: wanted, by, at: now.toISOString() } });
    await emit(environmentPaused, { pausedBy: by, reason: wanted });
  });
}

/** Lets deployments go on; of an environment that is not paused, nothing changes. */
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
