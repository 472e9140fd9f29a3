import type { Plan, PlanChange } from "@honua/contracts";
import { describeApprovals } from "../policy/describe-approvals.ts";
import { describeStartRules } from "../policy/describe-start-rules.ts";
import { sameJson } from "./same-json.ts";

type Fields = Record<string, unknown> | undefined;

const NOUNS: Record<PlanChange["type"], string> = {
  service: "Service",
  layer: "Layer",
  datasource: "Datasource",
  settings: "Settings",
  policy: "Policy",
};

/** Formats a plan for the terminal. Empty sections are omitted. */
export function formatPlan(plan: Plan): string {
  const of = (action: PlanChange["action"]) =>
    plan.changes.filter((change) => change.action === action);
  const sections = [
    heading(plan),
    section("Added", of("added").map(withFile)),
    section("Modified", of("modified").map(withFields)),
    section("Removed", of("removed").map(withFile)),
    section("Breaking Changes", plan.changes.filter(({ breaking }) => breaking).map(withReason)),
    section(
      "Unavailable",
      plan.unavailable.map(({ url }) => url),
    ),
    plan.changes.length === 0 ? ["No changes."] : [],
    omittedLines(plan),
    section("Migrations", ["None"]),
    [
      `Estimated Duration: ${formatDuration(plan.estimatedDurationSeconds)}`,
      decisionLine(plan),
      ...startLines(plan),
    ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function omittedLines({ omitted }: Plan): string[] {
  if (omitted === undefined) return [];
  const { changes, unavailable } = omitted;
  return [`Not shown: ${changes} more changes, ${unavailable} more unavailable`];
}

function heading({ environment, fromCommit, toCommit, riskLevel }: Plan): string[] {
  const from = fromCommit === null ? "(nothing)" : shortCommit(fromCommit);
  return [
    `Deployment Plan for ${environment}`,
    `Commit: ${from} -> ${shortCommit(toCommit)}`,
    `Risk Level: ${riskLevel}`,
  ];
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, ...items.map((item) => `  - ${item}`)];
}

function withFile(change: PlanChange): string {
  return `${nameOf(change)} (${change.file})`;
}

function withFields(change: PlanChange): string {
  const [before, after] = [change.before, change.after] as [Fields, Fields];
  const fields = Object.keys({ ...after, ...before }).filter(
    (field) => !sameJson(before?.[field], after?.[field]),
  );
  const isOrder = change.reason.startsWith("order of ");
  return `${nameOf(change)} (${isOrder ? change.reason : `updated ${fields.join(", ")}`})`;
}

function withReason(change: PlanChange): string {
  return `${nameOf(change)}: ${change.reason}`;
}

function nameOf({ type, id }: PlanChange): string {
  return `${NOUNS[type]}: ${id}`;
}

function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

function formatDuration(seconds: number | null): string {
  if (seconds === null) return "unknown";
  const rounded = Math.round(seconds);
  return `${rounded} ${rounded === 1 ? "second" : "seconds"}`;
}

function startLines({ decision: { allowed, starting } }: Plan): string[] {
  return allowed && starting ? [`May start: ${describeStartRules(starting)}`] : [];
}

function decisionLine({ decision }: Plan): string {
  if (!decision.allowed) return `Refused: ${decision.rule}`;
  if (!decision.requiresApproval) return `Approval: not needed (${decision.rule})`;
  const from = decision.approvals ? ` from ${describeApprovals(decision.approvals)}` : "";
  return `Approval: required${from} (${decision.rule})`;
}
