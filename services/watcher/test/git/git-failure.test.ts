import { describe, expect, test } from "vitest";
import { explainGitFailure, isMirrorDamaged } from "../../src/git/git-failure.ts";

const context = { repository: "https://git.example.com/gis.git", directory: "/var/lib/mirror" };
const noAccess = `fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`;

/** Output of git, ssh and curl. Captured for file, https and protocol failures; known wording for the others. */
const OUTPUTS: [code: string, kind: string, stderr: string][] = [
  [
    "not-a-repository",
    "permanent",
    `fatal: '/srv/x' does not appear to be a git repository\n${noAccess}`,
  ],
  [
    "not-a-repository",
    "permanent",
    "remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found\n",
  ],
  [
    "not-a-repository",
    "permanent",
    `ERROR: The project you were looking for could not be found or you don't have permission to view it.\n${noAccess}`,
  ],
  [
    "host-unreachable",
    "transient",
    "fatal: unable to access 'https://127.0.0.1:1/x/': Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server\n",
  ],
  [
    "host-unreachable",
    "transient",
    "fatal: unable to access 'https://nosuch.invalid/x/': Could not resolve host: nosuch.invalid\n",
  ],
  [
    "host-unreachable",
    "transient",
    `ssh: Could not resolve hostname nosuch.invalid: Name or service not known\n${noAccess}`,
  ],
  [
    "host-unreachable",
    "transient",
    `ssh: connect to host 127.0.0.1 port 1: Connection refused\n${noAccess}`,
  ],
  [
    "host-unreachable",
    "transient",
    "fatal: unable to access 'https://x/': The requested URL returned error: 503\n",
  ],
  [
    "authentication-refused",
    "permanent",
    "fatal: could not read Username for 'https://github.com': terminal prompts disabled\n",
  ],
  [
    "authentication-refused",
    "permanent",
    "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.example.com/gis.git/'\n",
  ],
  [
    "authentication-refused",
    "permanent",
    "fatal: unable to access 'https://x/': The requested URL returned error: 403\n",
  ],
  [
    "authentication-refused",
    "permanent",
    `git@github.com: Permission denied (publickey).\r\n${noAccess}`,
  ],
  [
    "host-key-unknown",
    "permanent",
    `No ED25519 host key is known for github.com and you have requested strict checking.\r\nHost key verification failed.\r\n${noAccess}`,
  ],
  [
    "host-key-changed",
    "permanent",
    `@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@\nHost key for github.com has changed and you have requested strict checking.\r\nHost key verification failed.\r\n${noAccess}`,
  ],
  [
    "certificate-refused",
    "permanent",
    "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none\n",
  ],
  [
    "disk-full",
    "transient",
    "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack output\n",
  ],
  [
    "repository-not-trusted",
    "permanent",
    "fatal: detected dubious ownership in repository at '/srv/config.git'\n",
  ],
  ["protocol-refused", "permanent", "fatal: transport 'file' not allowed\n"],
  ["git-missing", "permanent", "Error: spawn git ENOENT\n    at ChildProcess._handle.onexit\n"],
  ["git-failed", "transient", "fatal: an unknown failure\n"],
];

describe("explainGitFailure", () => {
  test.each(OUTPUTS)("%s (%s): %s", (code, kind, stderr) => {
    const error = explainGitFailure({ why: "exit", stderr }, context);
    expect(error).toMatchObject({ code, kind });
    expect(error.message.length).toBeGreaterThan(20);
    expect(error.data.repository).toBe(context.repository);
  });

  test("ignores the output of a command that was ended early", () => {
    const timeout = explainGitFailure({ why: "timeout", stderr: "fatal: early EOF" }, context);
    expect(timeout).toMatchObject({ code: "timeout", kind: "transient" });
    const stopped = explainGitFailure({ why: "stopped", stderr: "" }, context);
    expect(stopped).toMatchObject({ code: "stopping" });
  });
});

describe("isMirrorBroken", () => {
  test.each([
    "fatal: not a git repository (or any of the parent directories): .git\n",
    "fatal: not a tree object\n",
    "error: object file ./objects/ab/cd is empty\nfatal: loose object abcd is corrupt\n",
    "error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists\n",
    "fatal: Unable to create '/m/shallow.lock': File exists.\n",
    "fatal: could not fetch 3bbe3b9d from promisor remote\n",
  ])("%s", (stderr) => {
    expect(isMirrorDamaged({ why: "exit", stderr })).toBe(true);
  });

  test.each(OUTPUTS)("false if the remote failed (%s)", (_code, _kind, stderr) => {
    expect(isMirrorDamaged({ why: "exit", stderr })).toBe(false);
  });
});
