import type { recordCommitSeen as recordCommitSeenCall } from "@honua/contracts";
import type { z } from "zod";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { resolveRefusal } from "./refused-commits.ts";

/** Records the newest commit of an environment's branch. This does not change its status. */
export async function recordCommitSeen(
  changeEnvironment: ChangeEnvironment,
  { environment, commit, branch }: z.output<typeof recordCommitSeenCall.request>,
): Promise<void> {
  await changeEnvironment(environment, async (change) => {
    resolveRefusal(change);
    await change.update({ latest_commit: commit, branch });
  });
}
