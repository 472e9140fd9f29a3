import type { Deployment } from "@honua/contracts";
import { countOf, firstLine } from "@honua/text";
import { commitLink } from "./commit-link.ts";
import type { NotificationKind, NotificationTrigger } from "./notification-trigger.ts";

/** The content of a notification, before a channel formats it. */
export interface Notification {
  /** The same if the notification is sent again, so that a receiver can drop the duplicate. */
  id: string;
  kind: NotificationKind;
  environment: string;
  at: string;
  /** One-line summary. */
  title: string;
  /** The names are keys of the webhook's JSON and part of its contract. */
  facts: [name: string, value: string][];
  /** Suggested commands, the most likely first. */
  commands: string[];
  link: string | null;
  /** Null: the notification concerns the environment as a whole. */
  deployment: Deployment | null;
}

/** Maximum number of collections listed by name. */
const MAX_LISTED_COLLECTIONS = 10;

/**
 * Composes a notification: what happened, its author, its risk and the next commands.
 *
 * @param linkTemplate may contain `{environment}`, `{deploymentId}` and `{commit}`; absent: the page of
 *   the commit
 */
export function notificationOf(
  trigger: NotificationTrigger,
  deployment: Deployment | undefined,
  linkTemplate: string | undefined,
): Notification {
  const { kind, environment, key, at } = trigger;
  const base = { id: key, kind, environment, at };
  if (!deployment) {
    return {
      ...base,
      ...environmentContent(trigger),
      link: fillTemplate(linkTemplate, { environment, deploymentId: "", commit: "" }),
      deployment: null,
    };
  }
  const { id: deploymentId, commit } = deployment;
  return {
    ...base,
    title: titleOf(kind, deployment, trigger.data),
    facts: factsOf(kind, deployment),
    commands: commandsOf(kind, deployment),
    link:
      fillTemplate(linkTemplate, { environment, deploymentId, commit: commit.id }) ??
      commitLink(commit),
    deployment,
  };
}

function titleOf(
  kind: NotificationKind,
  { environment, commit, plan, reason, restores }: Deployment,
  data: Record<string, unknown>,
): string {
  const subject = restores
    ? `the rollback to ${restores}`
    : `${commit.id.slice(0, 7)} "${firstLine(commit.message)}"`;
  switch (kind) {
    case "AwaitingApproval":
      return `${environment} needs your approval: ${subject} (risk ${plan?.riskLevel ?? "unknown"})`;
    case "Approved":
      return `${environment}: ${subject} was approved by ${formatSubjects(data.subjects)}`;
    case "Applying":
      return `${environment}: ${subject} is being deployed`;
    case "Completed":
      return `${environment} serves ${subject}`;
    case "Failed":
      return `${environment}: ${subject} failed (${reason ?? "Internal"})`;
    case "RolledBack":
      return `${environment} was rolled back: ${subject} failed (${reason ?? "Internal"})`;
    default:
      return `${environment}: a deployment of ${subject} was opened`;
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
    const unavailable = plan.unavailable.map(({ collection }) => collection);
    if (unavailable.length > 0) facts.push(["Clients lose", listNames(unavailable)]);
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

function environmentContent({ kind, environment, data }: NotificationTrigger) {
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
      title: `${environment} was resumed`,
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

function fillTemplate(template: string | undefined, values: Record<string, string>): string | null {
  if (template === undefined) return null;
  return template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encodeURIComponent(value);
  });
}

function formatSubjects(subjects: unknown): string {
  return Array.isArray(subjects) ? subjects.map(String).join(", ") : "unknown";
}

function listNames(names: string[]): string {
  const more = names.length - MAX_LISTED_COLLECTIONS;
  return names.slice(0, MAX_LISTED_COLLECTIONS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
