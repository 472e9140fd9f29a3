import type { ApprovalRequirement } from "@honua/contracts";

/**
 * What must be met when the server and the repository both say who must agree: the greater number,
 * people who are on both lists, and everything that either forbids or asks for.
 *
 * @returns undefined when neither says anything
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
