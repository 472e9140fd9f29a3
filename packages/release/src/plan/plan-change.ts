import type { PlanChange } from "@honua/contracts";
import { highestRisk } from "../policy/risk-order.ts";
import type { FieldChange } from "./field-change.ts";

/** The subject of a change: its type, its id and its place in the file. */
export type ChangeSubject = Pick<PlanChange, "type" | "id" | "path" | "file">;

/** The changed fields of one subject as one change. Empty if no field changed. */
export function modified(subject: ChangeSubject, fields: readonly FieldChange[]): PlanChange[] {
  if (fields.length === 0) return [];
  return [
    {
      action: "modified",
      ...subject,
      before: Object.fromEntries(fields.map(({ field, before }) => [field, before ?? null])),
      after: Object.fromEntries(fields.map(({ field, after }) => [field, after ?? null])),
      risk: highestRisk(fields.map(({ risk }) => risk)),
      breaking: fields.some(({ breaking }) => breaking),
      reason: fields.map(({ reason }) => reason).join("; "),
    },
  ];
}

/** A subject that exists only in the new release. */
export function added(
  subject: ChangeSubject,
  after: unknown,
  risk: PlanChange["risk"] = "Medium",
): PlanChange {
  const reason = `${subject.type} added`;
  return { action: "added", ...subject, after, risk, breaking: false, reason };
}

/** A subject that exists only in the old release. This is the most dangerous change. */
export function removed(subject: ChangeSubject, before: unknown, reason?: string): PlanChange {
  return {
    action: "removed",
    ...subject,
    before,
    risk: "Critical",
    breaking: true,
    reason: reason ?? `${subject.type} removed or disabled`,
  };
}

/** An entry of a release without its place in the file, which does not affect its meaning. */
export function withoutPointer<Entry extends { pointer: string }>(
  entry: Entry,
): Omit<Entry, "pointer"> {
  const { pointer: _pointer, ...rest } = entry;
  return rest;
}
