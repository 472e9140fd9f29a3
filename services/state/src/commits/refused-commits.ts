import {
  commitRefused,
  type EnvironmentRefusal,
  type recordCommitRefused as recordCommitRefusedCall,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import type { Reader } from "../database/database.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { shortCommit } from "./short-commit.ts";

/**
 * Records that the head of a branch is refused. Repeated reports of the same refusal have no further
 * effect. A new refusal replaces the open one.
 */
export async function recordRefusedCommit(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  { environment, commit, code, reason }: z.output<typeof recordCommitRefusedCall.request>,
): Promise<void> {
  const isNew = await deps.changeEnvironment(environment, async (change) => {
    const open = await readOpenRefusal(change.transaction, environment);
    if (open?.commit_id === commit.id && open.code === code) return false;
    resolveRefusal(change);
    // A unique index allows one open refusal per environment.
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

/** Resolves the open refusal, if any, because the branch has another head. */
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

/** Reads the open refusal for the state document. */
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
