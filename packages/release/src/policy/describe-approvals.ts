import type { ApprovalRequirement } from "@honua/contracts";
import { countOf } from "@honua/text";

/** Describes the required approvals: `2 approvers from team:gis-ops, excluding the author`. */
export function describeApprovals(requirement: ApprovalRequirement): string {
  const { required, approvers, furtherApprovers } = requirement;
  const lists = [approvers, furtherApprovers].filter((list) => list !== undefined);
  const from = lists.map((list) => ` from ${list.join(" or ")}`).join(" who are also");
  const excluded = [
    requirement.forbidAuthor ? "the author" : undefined,
    requirement.forbidCommitter ? "the committer" : undefined,
    requirement.forbidRequester ? "the requester" : undefined,
  ].filter((role) => role !== undefined);
  return [
    `${countOf(required, "approver")}${from}`,
    ...(excluded.length > 0 ? [`excluding ${excluded.join(" and ")}`] : []),
    ...(requirement.reasonRequired ? ["with a reason"] : []),
  ].join(", ");
}
