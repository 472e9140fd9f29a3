import type { BlackoutPeriod, DeploymentWindow, Plan } from "@honua/contracts";
import { countOf } from "@honua/text";

type StartRules = NonNullable<Plan["decision"]["starting"]>;

/** Describes when a deployment may start. */
export function describeStartRules(rules: StartRules): string {
  const { deploymentWindows, furtherWindows, blackoutPeriods = [], cooldownSeconds } = rules;
  const lists = [deploymentWindows, furtherWindows].filter((list) => list !== undefined);
  return [
    ...(lists.length > 0 ? [lists.map(describeWindows).join(", and also ")] : []),
    ...blackoutPeriods.map(describeBlackout),
    ...(cooldownSeconds ? [`${formatSeconds(cooldownSeconds)} after the previous deployment`] : []),
    ...(rules.maxPendingAgeSeconds
      ? [`expires after waiting for ${formatSeconds(rules.maxPendingAgeSeconds)}`]
      : []),
  ].join("; ");
}

function describeWindows(windows: readonly DeploymentWindow[]): string {
  return windows
    .map(({ days, start, end, timezone }) => {
      const on = days.length === 7 ? "every day" : days.join(", ");
      return `${on} from ${start} to ${end} (${timezone})`;
    })
    .join(", or ");
}

function describeBlackout({ name, start, end, timezone, reason }: BlackoutPeriod): string {
  const why = reason ? `: ${reason}` : "";
  return `not in the blackout '${name}', from ${start} to ${end} (${timezone})${why}`;
}

const UNITS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

function formatSeconds(seconds: number): string {
  const [size, unit] = UNITS.find(([one]) => seconds % one === 0) ?? [1, "second"];
  return countOf(seconds / size, unit);
}
