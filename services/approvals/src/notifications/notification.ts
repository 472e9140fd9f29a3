import type { Deployment } from "@honua/contracts";
import { commitLink } from "./commit-link.ts";
import type { NotificationKind, Occasion } from "./notification-trigger.ts";

/** What people are told, before a channel gives it its form. */
export interface Notification {
  /** Stays the same when it is sent once more, so that a receiver can drop the second one. */
  id: string;
  kind: NotificationKind;
  environment: string;
  at: string;
  /** One line that says it all. */
  title: string;
  facts: [name: string, value: string][];
  /** What to type next, the most likely first. */
  commands: string[];
  link: string | null;
  /** Null: it concerns the environment as a whole. */
  deployment: Deployment | null;
}

/** Collections that are listed by name. */
const LISTED = 10;

/**
 * Puts into words what happened, to whom it is owed, how risky it is and what can be done.
 *
 * @param linkTemplate with `{environment}`, `{deploymentId}` and `{commit}`; absent: the commit
 */
export function notificationOf(
  occasion: Occasion,
  deployment: Deployment | undefined,
  linkTemplate: string | undefined,
): Notification {
  const { kind, environment, key, at } = occasion;
  const base = { id: key, kind, environment, at };
  if (!deployment) {
    return {
      ...base,
      ...aboutEnvironment(occasion),
      link: filled(linkTemplate, { environment, deploymentId: "", commit: "" }),
      deployment: null,
    };
  }
  const { id: deploymentId, commit } = deployment;
  return {
    ...base,
    title: titleOf(kind, deployment, occasion.data),
    facts: factsOf(kind, deployment),
    commands: commandsOf(kind, deployment),
    link:
      filled(linkTemplate, { environment, deploymentId, commit: commit.id }) ?? commitLink(commit),
    deployment,
  };
}

function titleOf(
  kind: NotificationKind,
  { environment, commit, plan, reason, restores }: Deployment,
  data: Record<string, unknown>,
): string {
  const what = restores
    ? `the rollback to ${restores}`
    : `${commit.id.slice(0, 7)} "${firstLine(commit.message)}"`;
  switch (kind) {
    case "AwaitingApproval":
      return `${environment} needs your approval: ${what} (risk ${plan?.riskLevel ?? "unknown"})`;
    case "Approved":
      return `${environment}: ${what} was approved by ${namesIn(data.subjects)}`;
    case "Applying":
      return `${environment}: ${what} is being deployed`;
    case "Completed":
      return `${environment} serves ${what}`;
    case "Failed":
      return `${environment}: ${what} failed (${reason ?? "Internal"})`;
    case "RolledBack":
      return `${environment} was rolled back: ${what} failed (${reason ?? "Internal"})`;
    default:
      return `${environment}: a deployment of ${what} was opened`;
  }
}

function factsOf(kind: NotificationKind, deployment: Deployment): Notification["facts"] {
  const { id, commit, plan, errorMessage, approvalExpiresAt, initiatedBy } = deployment;
  const facts: Notification["facts"] = [
    ["Deployment", id],
    ["Commit", `${commit.id.slice(0, 7)} on ${commit.branch}: ${firstLine(commit.message)}`],
    ["Author", `${commit.author.name} <${commit.author.email}>`],
  ];
  if (!initiatedBy.startsWith("system:")) facts.push(["Started by", initiatedBy]);
  if (plan) {
    const breaking = plan.hasBreakingChanges ? ", breaking" : "";
    facts.push([
      "Risk",
      `${plan.riskLevel}${breaking} (${countOf(plan.changes.length, "change")})`,
    ]);
    const lost = plan.unavailable.map(({ collection }) => collection);
    if (lost.length > 0) facts.push(["Clients lose", listed(lost)]);
  }
  if (kind === "AwaitingApproval" && plan) {
    facts.push(["Because", plan.decision.rule]);
    if (approvalExpiresAt) facts.push(["Decide before", approvalExpiresAt]);
  }
  if ((kind === "Failed" || kind === "RolledBack") && errorMessage) {
    facts.push(["Why", errorMessage]);
  }
  return facts;
}

function commandsOf(kind: NotificationKind, { id, plan }: Deployment): string[] {
  if (kind !== "AwaitingApproval") return [`honua deployment show ${id}`];
  const digest = plan ? ` --plan-digest ${plan.planDigest}` : "";
  return [
    `honua deployment plan ${id}`,
    `honua deployment approve ${id}${digest}`,
    `honua deployment reject ${id} --reason "…"`,
  ];
}

function aboutEnvironment({ kind, environment, data }: Occasion) {
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : "");
  if (kind === "Paused") {
    return {
      title: `${environment} was paused: ${text("reason")}`,
      facts: [["By", text("pausedBy")]] as Notification["facts"],
      commands: [`honua resume ${environment}`],
    };
  }
  if (kind === "Resumed") {
    return {
      title: `${environment} takes deployments again`,
      facts: [["By", text("resumedBy")]] as Notification["facts"],
      commands: [`honua status ${environment}`],
    };
  }
  return {
    title: `${environment} is ${text("health")} and ${text("syncStatus")}: ${text("message")}`,
    facts: [] as Notification["facts"],
    commands: [`honua status ${environment}`, "honua doctor"],
  };
}

function filled(template: string | undefined, values: Record<string, string>): string | null {
  if (template === undefined) return null;
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encodeURIComponent(value);
  });
}

function namesIn(subjects: unknown): string {
  return Array.isArray(subjects) ? subjects.map(String).join(", ") : "somebody";
}

function listed(names: string[]): string {
  const more = names.length - LISTED;
  return names.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
