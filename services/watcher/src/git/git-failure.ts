import { type HonuaError, PermanentError, TransientError } from "@honua/service-kit";
import type { GitFailed } from "./git.ts";

/** What git was doing, for the message. */
export interface GitContext {
  repository: string;
  directory: string;
}

interface Explanation {
  code: string;
  pattern: RegExp;
  kind: "permanent" | "transient";
  /** What happened and where, and what to do about it. */
  say: (context: GitContext) => string;
}

// First match wins: the causes that ssh and curl name come before git's own summary line.
const EXPLANATIONS: readonly Explanation[] = [
  {
    code: "git-missing",
    pattern: /spawn git ENOENT/,
    kind: "permanent",
    say: () => "the program git was not found; install it and put it on PATH",
  },
  {
    code: "disk-full",
    pattern: /No space left on device|Disk quota exceeded/i,
    kind: "transient",
    say: ({ directory }) => `the disk that holds ${directory} is full; free some space`,
  },
  {
    code: "host-key-changed",
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .+ has changed/,
    kind: "permanent",
    say: ({ repository }) =>
      `the host key of ${repository} is not the known one; find out why, then correct the file at GitOps.Credentials.KnownHostsPath`,
  },
  {
    code: "host-key-unknown",
    pattern: /Host key verification failed|No \S+ host key is known for/,
    kind: "permanent",
    say: ({ repository }) =>
      `the host key of ${repository} is not known; add it to the file at GitOps.Credentials.KnownHostsPath`,
  },
  {
    code: "host-unreachable",
    pattern:
      /Could ?n[o']t resolve (host|proxy)|Could not resolve hostname|Failed to connect|Connection (refused|timed out|reset|closed)|Network is unreachable|No route to host|Operation timed out|Operation too slow|The requested URL returned error: (5\d\d|429)|kex_exchange_identification|early EOF|the remote end hung up unexpectedly/i,
    kind: "transient",
    say: ({ repository }) =>
      `the host of ${repository} does not answer; check the network and the address`,
  },
  {
    code: "certificate-refused",
    pattern:
      /server certificate verification failed|SSL certificate problem|certificate subject name/i,
    kind: "permanent",
    say: ({ repository }) =>
      `the TLS certificate of ${repository} is not trusted; correct it, or set GIT_SSL_CAINFO to the file of its authority`,
  },
  {
    code: "authentication-refused",
    pattern:
      /Authentication failed|could not read (Username|Password)|Permission denied \(|returned error: 40[13]|HTTP Basic: Access denied|Load key .+: /i,
    kind: "permanent",
    say: ({ repository }) =>
      `${repository} refused the credential; check GitOps.Credentials and that it may read the repository`,
  },
  {
    code: "repository-not-trusted",
    pattern: /dubious ownership/,
    kind: "permanent",
    say: ({ repository }) =>
      `${repository} belongs to another user of this machine, and git refuses to read it; change its owner`,
  },
  {
    code: "not-a-repository",
    pattern:
      /does not appear to be a git repository|repository .*not found|returned error: 404|not valid: is this a git repository|Repository not found|project you were looking for could not be found/i,
    kind: "permanent",
    say: ({ repository }) =>
      `there is no Git repository at ${repository}, or the credential may not see it; check GitOps.RepositoryUrl`,
  },
  {
    code: "protocol-refused",
    pattern: /transport '.+' not allowed/,
    kind: "permanent",
    say: ({ repository }) => `${repository} leads to a protocol that is not allowed`,
  },
];

/**
 * What a failed git command means, from its standard error (`LC_ALL=C`).
 *
 * @returns a permanent error when people must act, a transient one when trying again may help
 */
export function explainGitFailure(
  failure: { why: GitFailed["why"]; stderr: string },
  context: GitContext,
): HonuaError {
  const { repository } = context;
  const data = { repository, stderr: lastLines(failure.stderr) };
  if (failure.why === "stopped") {
    return new TransientError("stopping", "the watcher is stopping", { data });
  }
  if (failure.why === "timeout") {
    const message = `${repository} did not answer in time; it is tried again`;
    return new TransientError("timeout", message, { data });
  }
  if (failure.why === "too-much-output") {
    const message = `git printed too much for ${repository}; shorten the message of the newest commit, or delete branches`;
    return new PermanentError("git-output-too-large", message, { data });
  }
  const known = EXPLANATIONS.find(({ pattern }) => pattern.test(failure.stderr));
  if (!known) {
    const message = `git failed on ${repository}: ${lastLines(failure.stderr)}`;
    return new TransientError("git-failed", message, { data });
  }
  const Kind = known.kind === "permanent" ? PermanentError : TransientError;
  return new Kind(known.code, known.say(context), { data });
}

// What git says about the mirror itself; the remote's complaints come as `remote:` or `fatal: remote error`.
const BROKEN =
  /not a git repository \(or any|not a git repository: '|object file .+ is empty|(loose object|packed object) .+ is corrupt|inflate: data stream error|packfile .+ (cannot be accessed|does not match)|bad (object|tree object|config)|unable to (read|parse) |not a (tree|commit|valid) object|invalid object|cannot lock ref|\.lock': File exists|invalid (sha1 pointer|index-pack output)|pack has \d+ unresolved deltas|missing blob object|Could not read [0-9a-f]{40}|index file .+ is too small|no such remote|'origin' does not appear to be a git repository|git cat-file answered|from promisor remote|fatal: bad /i;

/** Whether the mirror on this disk is damaged, so that only making it again helps. */
export function isMirrorBroken(failure: { why: string; stderr: string }): boolean {
  if (failure.why !== "exit" || /No space left|quota exceeded/i.test(failure.stderr)) return false;
  return BROKEN.test(failure.stderr);
}

function lastLines(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return lines.slice(-3).join("; ").slice(0, 500);
}
