import { type EnvironmentPolicySource, environmentPolicySource } from "@honua/release";
import { z } from "zod";
import { configuredValue } from "./configured-value.ts";

/**
 * A policy in the server's configuration: everything that the policy file of a repository can say,
 * by the same schema, with keys as the configuration spells them (`DeploymentWindows`). Durations may
 * also be given in seconds (`ApprovalTimeoutSeconds`).
 */
export const policySettings = z.unknown().transform((tree, context): EnvironmentPolicySource => {
  const value = durationsOf(configuredValue(tree, environmentPolicySource));
  const parsed = environmentPolicySource.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = issue.path.map((key) => (typeof key === "string" ? capitalised(key) : key));
    const { message } = issue;
    context.issues.push({ code: "custom", message, path, input: undefined });
  }
  return z.NEVER;
});

const SECONDS = /^(approvalTimeout|cooldown|maxPendingAge)Seconds$/i;

/** `approvalTimeoutSeconds: 60` as `approvalTimeout: 60s`. */
function durationsOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      SECONDS.test(key) ? [key.slice(0, -"Seconds".length), `${String(item)}s`] : [key, item],
    ),
  );
}

function capitalised(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}
