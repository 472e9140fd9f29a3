import type { ErrorCode } from "@honua/contracts";
import { type HonuaError, PermanentError, TransientError } from "@honua/service-kit";
import type { GitFailed } from "./git.ts";

/** The subject of a failed command, for the message. */
export interface GitContext {
  repository: string;
  directory: string;
}

interface Explanation {
  code: ErrorCode;
  pattern: RegExp;
  kind: "permanent" | "transient";
  /** What happened, where, and what to do. */
  message: (context: GitContext) => string;
}

// The first match wins. Causes that ssh and curl report come before the summary line of git.
const EXPLANATIONS: readonly Explanation[] = [
  {
    code: "git-missing",
    pattern: /spawn git ENOENT/,
    kind: "permanent",
    message: () => "git was not found. Install it and add it to PATH.",
  },
  {
    code: "disk-full",
    pattern: /No space left on device|Disk quota exceeded/i,
    kind: "transient",
    message: ({ directory }) => `The disk of ${directory} is full. Free some space.`,
  },
  {
    code: "host-key-changed",
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .+ has changed/,
    kind: "permanent",
    message: ({ repository }) =>
      `The host key of ${repository} has changed. Find out why, then correct the file at GitOps.Credentials.KnownHostsPath.`,
  },
  {
    code: "host-key-unknown",
    pattern: /Host key verification failed|No \S+ host key is known for/,
    kind: "permanent",
    message: ({ repository }) =>
      `The host key of ${repository} is unknown. Add it to the file at GitOps.Credentials.KnownHostsPath.`,
  },
  {
    code: "host-unreachable",
    pattern:
      /Could ?n[o']t resolve (host|proxy)|Could not resolve hostname|Failed to connect|Connection (refused|timed out|reset|closed)|Network is unreachable|No route to host|Operation timed out|Operation too slow|The requested URL returned error: (5\d\d|429)|kex_exchange_identification|early EOF|the remote end hung up unexpectedly/i,
    kind: "transient",
    message: ({ repository }) =>
      `The host of ${repository} cannot be reached. Check the network and the address.`,
  },
  {
    code: "certificate-refused",
    pattern:
      /server certificate verification failed|SSL certificate problem|certificate subject name/i,
    kind: "permanent",
    message: ({ repository }) =>
      `The TLS certificate of ${repository} is not trusted. Correct it, or set GIT_SSL_CAINFO to the certificate of its authority.`,
  },
  {
    code: "authentication-refused",
    pattern:
      /Authentication failed|could not read (Username|Password)|Permission denied \(|returned error: 40[13]|HTTP Basic: Access denied|Load key .+: /i,
    kind: "permanent",
    message: ({ repository }) =>
      `${repository} refused the credential. Check GitOps.Credentials, and that the credential may read the repository.`,
  },
  {
    code: "repository-not-trusted",
    pattern: /dubious ownership/,
    kind: "permanent",
    message: ({ repository }) =>
      `${repository} belongs to another user of this machine, so git refuses to read it. Change its owner.`,
  },
  {
    code: "not-a-repository",
    pattern:
      /does not appear to be a git repository|repository .*not found|returned error: 404|not valid: is this a git repository|Repository not found|project you were looking for could not be found/i,
    kind: "permanent",
    message: ({ repository }) =>
      `There is no Git repository at ${repository}, or the credential does not give access to it. Check GitOps.RepositoryUrl.`,
  },
  {
    code: "protocol-refused",
    pattern: /transport '.+' not allowed/,
    kind: "permanent",
    message: ({ repository }) =>
      `${repository} leads to a protocol that is not allowed. Correct GitOps.RepositoryUrl.`,
  },
];

/**
 * Explains a failed git command from its standard error (`LC_ALL=C`).
 *
 * @returns a permanent error if an operator must act, a transient one if a retry may help
 */
export function explainGitFailure(
  failure: { why: GitFailed["why"]; stderr: string },
  context: GitContext,
): HonuaError {
  const { repository } = context;
  const data = { repository, stderr: lastLines(failure.stderr) };
  if (failure.why === "stopped") {
    return new TransientError("stopping", "The watcher is stopping.", { data });
  }
  if (failure.why === "timeout") {
    const message = `${repository} did not respond in time. Retrying.`;
    return new TransientError("timeout", message, { data });
  }
  if (failure.why === "too-much-output") {
    const message = `git printed too much output for ${repository}. Shorten the message of the newest commit, or delete branches.`;
    return new PermanentError("git-output-too-large", message, { data });
  }
  const known = EXPLANATIONS.find(({ pattern }) => pattern.test(failure.stderr));
  if (!known) {
    const message = `git failed for ${repository}: ${lastLines(failure.stderr)}`;
    return new TransientError("git-failed", message, { data });
  }
  const ErrorClass = known.kind === "permanent" ? PermanentError : TransientError;
  return new ErrorClass(known.code, known.message(context), { data });
}

// Messages about the mirror itself. Those of the remote begin with `remote:` or `fatal: remote error`.
const DAMAGED =
  /not a git repository \(or any|not a git repository: '|object file .+ is empty|(loose object|packed object) .+ is corrupt|inflate: data stream error|packfile .+ (cannot be accessed|does not match)|bad (object|tree object|config)|unable to (read|parse) |not a (tree|commit|valid) object|invalid object|cannot lock ref|\.lock': File exists|invalid (sha1 pointer|index-pack output)|pack has \d+ unresolved deltas|missing blob object|Could not read [0-9a-f]{40}|index file .+ is too small|no such remote|'origin' does not appear to be a git repository|git cat-file returned|from promisor remote|fatal: bad /i;

/** Whether the local mirror is damaged, so that only rebuilding it helps. */
export function isMirrorDamaged(failure: { why: string; stderr: string }): boolean {
  if (failure.why !== "exit" || /No space left|quota exceeded/i.test(failure.stderr)) return false;
  return DAMAGED.test(failure.stderr);
}

function lastLines(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return lines.slice(-3).join("; ").slice(0, 500);
}
