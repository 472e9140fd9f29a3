import picocolors from "picocolors";

/**
 * Colours only where a person reads: on a terminal, unless NO_COLOR says otherwise (no-color.org).
 * The library's own default also colours the logs of pipelines.
 */
export function wantsColour(
  environment: Readonly<Record<string, string | undefined>>,
  stream: { isTTY?: boolean },
): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR && environment.FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && environment.TERM !== "dumb";
}

export const colors = picocolors.createColors(wantsColour(process.env, process.stdout));
