import { type EnvironmentPolicySource, environmentPolicySource } from "@honua/release";
import { z } from "zod";
import { configuredValue } from "./configured-value.ts";

/**
 * A policy in the server's configuration. It uses the schema of the repository's policy file, with
 * keys in the spelling of server settings (`DeploymentWindows`). Durations may also be given in seconds
 * (`ApprovalTimeoutSeconds`).
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

/** Converts `approvalTimeoutSeconds: 60` to `approvalTimeout: 60s`. */
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
