import {
  commitRefused,
  type EnvironmentRefusal,
  type recordCommitRefused as recordCommitRefusedCall,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import type { Reader } from "../database/database.ts";
import { shortCommit } from "../deployments/deployment-id.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";

/**
 * Records that the head of a branch is refused, and tells it once however many watchers report it
 * however often. It takes the place of an earlier refusal.
 */
export async function recordRefusedCommit(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  { environment, commit, code, reason }: z.output<typeof recordCommitRefusedCall.request>,
): Promise<void> {
  const isNew = await deps.changeEnvironment(environment, async (change) => {
    const standing = await readOpenRefusal(change.transaction, environment);
    if (standing?.commit_id === commit.id && standing.code === code) return false;
    resolveRefusal(change);
    // At most one stands.
    await change.flush();
    await change.transaction
      .insertInto("refused_commits")
      .values({
        environment,
        commit_id: commit.id,
        commit_info: JSON.stringify(commit),
        code,
        reason,
        at: change.now,
      })
      .execute();
    await change.update({ latest_commit: commit.id, branch: commit.branch });
    await change.emit(commitRefused, { commit, code, reason });
    change.audit({
      actor: "system:watcher",
      action: "commit.refuse",
      target: commit.id,
      outcome: "done",
      detail: { code, reason },
    });
    return true;
  });
  if (!isNew) return;
  const details = { environment, commit: commit.id, code };
  deps.log.warn(details, `Commit ${shortCommit(commit.id)} was refused: ${reason}`);
}

/** Another head was seen or opened: the refusal, if one stands, is history. */
export function resolveRefusal({
  write,
  environment,
  now,
}: Pick<EnvironmentChange, "write" | "environment" | "now">): void {
  const { name } = environment();
  write("refusal", (query) =>
    query
      .updateTable("refused_commits")
      .set({ resolved_at: now })
      .where("environment", "=", name)
      .where("resolved_at", "is", null),
  );
}

/** The refusal that stands, as the state document shows it. */
export async function readRefusal(
  reader: Reader,
  environment: string,
): Promise<EnvironmentRefusal | null> {
  const row = await readOpenRefusal(reader, environment);
  if (!row) return null;
  const { author, message } = row.commit_info;
  return {
    commit: row.commit_id,
    author: `${author.name} <${author.email}>`,
    message,
    code: row.code,
    reason: row.reason,
    at: row.at.toISOString(),
  };
}

function readOpenRefusal(reader: Reader, environment: string) {
  return reader
    .selectFrom("refused_commits")
    .selectAll()
    .where("environment", "=", environment)
    .where("resolved_at", "is", null)
    .executeTakeFirst();
}
