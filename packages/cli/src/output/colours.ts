import picocolors from "picocolors";

/**
 * Decides whether output is coloured: on a terminal, unless NO_COLOR is set (https://no-color.org).
 * The default of picocolors would also colour the logs of CI pipelines.
 */
export function isColourEnabled(
  environment: Readonly<Record<string, string | undefined>>,
  stream: { isTTY?: boolean },
): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && environment.TERM !== "dumb";
}

export const colors = picocolors.createColors(isColourEnabled(process.env, process.stdout));

/** Colours a deployment state, health or sync status. Other text is returned unchanged. */
export function colourStatus(status: string): string {
  if (["Completed", "Healthy", "Synced"].includes(status)) return colors.green(status);
  if (["Failed", "Unhealthy"].includes(status)) return colors.red(status);
  if (["Degraded", "OutOfSync", "RolledBack", "AwaitingApproval", "paused"].includes(status)) {
    return colors.yellow(status);
  }
  return status;
}
