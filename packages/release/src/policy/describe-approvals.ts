import type { ApprovalRequirement } from "@honua/contracts";

/** Who must agree, in words: `2 people from team:gis-ops, not the author`. */
export function describeApprovals(requirement: ApprovalRequirement): string {
  const { required, approvers, furtherApprovers } = requirement;
  const lists = [approvers, furtherApprovers].filter((list) => list !== undefined);
  const from = lists.map((list) => ` from ${list.join(" or ")}`).join(" who are also");
  const excluded = [
    requirement.forbidAuthor ? "the author" : undefined,
    requirement.forbidCommitter ? "the committer" : undefined,
    requirement.forbidRequester ? "whoever asked for it" : undefined,
  ].filter((who) => who !== undefined);
  return [
    `${required} ${required === 1 ? "person" : "people"}${from}`,
    ...(excluded.length > 0 ? [`not ${excluded.join(" or ")}`] : []),
    ...(requirement.reasonRequired ? ["with a reason"] : []),
  ].join(", ");
}
