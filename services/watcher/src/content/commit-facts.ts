/** `--format` of `git log` for `parseCommit`: fields separated by NUL. */
export const COMMIT_FORMAT = "%H%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B";

/** Length at which commit messages are cut, in UTF-16 code units. */
const MESSAGE_LIMIT = 10_000;

export interface CommitFacts {
  id: string;
  author: { name: string; email: string };
  committer: { name: string; email: string };
  message: string;
  committedAt: string;
}

/** Parses the author, committer, date and message of a commit. */
export function parseCommit(output: string): CommitFacts {
  const [id = "", author = "", authorEmail = "", committer = "", email = "", time = "", ...rest] =
    output.split("\0");
  return {
    id,
    author: { name: author, email: authorEmail },
    committer: { name: committer, email },
    message: rest.join("\0").trim().slice(0, MESSAGE_LIMIT),
    committedAt: instantOf(Number(time)),
  };
}

/** A commit may carry any date. Dates that ISO 8601 cannot express become the epoch. */
function instantOf(seconds: number): string {
  const last = 253_402_300_799; // 9999-12-31T23:59:59Z
  const usable = Number.isFinite(seconds) && seconds >= 0 && seconds <= last;
  return new Date(usable ? seconds * 1_000 : 0).toISOString();
}
