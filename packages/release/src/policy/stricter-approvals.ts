import type { ApprovalRequirement } from "@honua/contracts";

/**
 * Combines the approval requirements of the server and the repository: the greater number of
 * approvers, approvers who are on both lists, and every restriction of either side.
 *
 * @returns undefined if neither side has requirements
 */
export function stricterApprovals(
  floor: ApprovalRequirement | undefined,
  repository: ApprovalRequirement | undefined,
): ApprovalRequirement | undefined {
  if (floor === undefined || repository === undefined) return floor ?? repository;
  const [first, second] = [floor.approvers, repository.approvers].filter(
    (list) => list !== undefined,
  );
  const either = (
    key: "forbidAuthor" | "forbidCommitter" | "forbidRequester" | "reasonRequired",
  ) => (floor[key] || repository[key] ? { [key]: true } : {});
  return {
    required: Math.max(floor.required, repository.required),
    ...(first && { approvers: first }),
    ...(second && { furtherApprovers: second }),
    ...either("forbidAuthor"),
    ...either("forbidCommitter"),
    ...either("forbidRequester"),
    ...either("reasonRequired"),
  };
}
