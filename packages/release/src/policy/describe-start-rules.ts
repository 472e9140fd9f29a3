import type { BlackoutPeriod, DeploymentWindow, Plan } from "@honua/contracts";
import { countOf } from "@honua/text";

type Starting = NonNullable<Plan["decision"]["starting"]>;

/** When a deployment may start, in words. */
export function describeStarting(rules: Starting): string {
  const { deploymentWindows, furtherWindows, blackoutPeriods = [], cooldownSeconds } = rules;
  const lists = [deploymentWindows, furtherWindows].filter((list) => list !== undefined);
  return [
    ...(lists.length > 0 ? [lists.map(windowsInWords).join(", and also ")] : []),
    ...blackoutPeriods.map(blackoutInWords),
    ...(cooldownSeconds ? [`${inUnits(cooldownSeconds)} after the one before`] : []),
    ...(rules.maxPendingAgeSeconds
      ? [`given up after ${inUnits(rules.maxPendingAgeSeconds)} of waiting`]
      : []),
  ].join("; ");
}

function windowsInWords(windows: readonly DeploymentWindow[]): string {
  return windows
    .map(({ days, start, end, timezone }) => {
      const on = days.length === 7 ? "every day" : days.join(", ");
      return `${on} from ${start} to ${end} (${timezone})`;
    })
    .join(", or ");
}

function blackoutInWords({ name, start, end, timezone, reason }: BlackoutPeriod): string {
  const why = reason ? `: ${reason}` : "";
  return `not in the blackout '${name}', from ${start} to ${end} (${timezone})${why}`;
}

const UNITS = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

function inUnits(seconds: number): string {
  const [size, unit] = UNITS.find(([one]) => seconds % one === 0) ?? [1, "second"];
  return countOf(seconds / size, unit);
}
