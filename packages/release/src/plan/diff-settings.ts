import type { PlanChange, Release, Settings } from "@honua/contracts";
import { configurationPaths } from "../compile/configuration-files.ts";
import {
  behavioural,
  changedFields,
  changedLimit,
  connecting,
  cosmetic,
  type FieldRules,
} from "./field-change.ts";
import { modified } from "./plan-change.ts";
import { sameJson } from "./same-json.ts";

const SETTINGS_RULES: FieldRules<Settings> = [
  ["title", cosmetic],
  ["description", cosmetic],
  ["contact", cosmetic],
  ["license", cosmetic],
  ["attribution", cosmetic],
  ["caching", cosmetic],
  ["cors", behavioural],
  ["baseUrl", { ...connecting, show: String }],
];

/** The changed settings of the environment, as one change. */
export function diffSettings(before: Release, after: Release): PlanChange[] {
  const [was, is] = [before.settings, after.settings];
  const { environment } = after;
  const file = configurationPaths(environment).appsettings;
  return modified({ type: "settings", id: environment, path: "", file }, [
    ...changedFields(was, is, SETTINGS_RULES),
    ...(["defaultLimit", "maxLimit"] as const).flatMap((field) => {
      const limits = [was[field], is[field]] as const;
      return changedLimit(field, limits, limits);
    }),
  ]);
}

/**
 * A change of the policy itself. It is always High: a weaker policy lets the next commit do
 * anything.
 */
export function diffPolicy(before: Release, after: Release): PlanChange[] {
  const [was, is] = [before.policy, after.policy];
  if (sameJson(was, is)) return [];
  const { environment } = after;
  const action = was === undefined ? "added" : is === undefined ? "removed" : "modified";
  return [
    {
      action,
      type: "policy",
      id: environment,
      path: `/environments/${environment}`,
      file: configurationPaths(environment).policy,
      ...(was && { before: was }),
      ...(is && { after: is }),
      risk: "High",
      breaking: false,
      reason: `policy ${action}`,
    },
  ];
}
