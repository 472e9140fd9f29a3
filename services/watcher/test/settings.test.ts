import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readConfiguration } from "@honua/service-kit";
import { afterAll, describe, expect, test } from "vitest";
import { watcherSettings } from "../src/settings.ts";

const read = (variables: Record<string, string>) => readConfiguration(watcherSettings, variables);
const url = "https://git.example.com/gis/config.git";
const one = { GitOps__RepositoryUrl: url, GitOps__Watcher__Environment: "production" };

const directory = mkdtempSync(join(tmpdir(), "honua-key-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("reads one repository with one environment", () => {
  const settings = read(one);
  expect(settings.PORT).toBe(5003);
  expect(settings.mirrorsDirectory).toBe(resolve("gitops-repo"));
  expect(settings.sources).toEqual([
    {
      environment: "production",
      branch: "main",
      pollIntervalMs: 30_000,
      repository: { url, protocol: "https", origin: "https://git.example.com" },
    },
  ]);
});

test("sources inherit missing keys from the common settings", () => {
  const { sources, mirrorsDirectory } = read({
    ...one,
    HONUA_HOME: "/srv/honua",
    GitOps__Watcher__PollIntervalSeconds: "0.5",
    GitOps__Sources__0__Environment: "staging",
    GitOps__Sources__0__Branch: "next",
    GitOps__Sources__1__Environment: "lab",
    GitOps__Sources__1__RepositoryUrl: "git@git.example.com:gis/lab.git",
    GitOps__Sources__1__PollIntervalSeconds: "90",
  });
  expect(mirrorsDirectory).toBe("/srv/honua/gitops-repo");
  expect(
    sources.map(({ environment, repository, branch, pollIntervalMs }) => [
      environment,
      repository.url,
      branch,
      pollIntervalMs,
    ]),
  ).toEqual([
    ["production", url, "main", 500],
    ["staging", url, "next", 500],
    ["lab", "git@git.example.com:gis/lab.git", "main", 90_000],
  ]);
});

describe("refuses invalid settings and names the key", () => {
  test.each<[RegExp, Record<string, string>]>([
    [/GitOps:Watcher:Environment: is required/, { GitOps__RepositoryUrl: url }],
    [/GitOps:RepositoryUrl: is required/, { GitOps__Watcher__Environment: "production" }],
    [
      /GitOps:Sources:0:Environment: 'production' is in two sources/,
      { ...one, GitOps__Sources__0__Environment: "production" },
    ],
    [/PollIntervalSeconds/, { ...one, GitOps__Watcher__PollIntervalSeconds: "0.1" }],
    [/is not a valid branch name/, { ...one, GitOps__Watcher__Branch: "--upload-pack=x" }],
    [/is not a valid branch name/, { ...one, GitOps__Watcher__Branch: "a..b" }],
    [/is a file URL; set GitOps.AllowFileUrls/, { ...one, GitOps__RepositoryUrl: "file:///srv/x" }],
    [/must not contain a credential/, { ...one, GitOps__RepositoryUrl: "https://u:secret@x/y" }],
    [/only https and ssh/, { ...one, GitOps__RepositoryUrl: "http://x/y" }],
    [/only https and ssh/, { ...one, GitOps__RepositoryUrl: "ext::sh -c x" }],
    [/must be an https/, { ...one, GitOps__RepositoryUrl: "-x" }],
    [/starts with '-'/, { ...one, GitOps__RepositoryUrl: "ssh://-oProxyCommand=x/y" }],
    [/at least|>=16/, { ...one, GitOps__Webhooks__GitHub__Secret: "short" }],
    [
      /is not a signing token/,
      { ...one, GitOps__Webhooks__GitLab__Secret: "whsec_cut-off-too-early" },
    ],
    [
      /VerifySignatures: is 'require', but there are no trusted keys/,
      { ...one, GitOps__Watcher__VerifySignatures: "require" },
    ],
    [/VerifySignatures/, { ...one, GitOps__Watcher__VerifySignatures: "sometimes" }],
    [
      /AllowedSignersFile: .+ cannot be read/,
      { ...one, GitOps__Watcher__AllowedSignersFile: "/nonexistent/signers" },
    ],
    [/KnownHosts|cannot be read/, { ...one, GitOps__Credentials__SshKeyPath: "/nonexistent/key" }],
  ])("%s", (message, variables) => {
    expect(() => read(variables)).toThrow(message);
  });

  test("does not repeat a secret in the message", () => {
    const wrong = { ...one, GitOps__RepositoryUrl: "https://u:hunter2@x/y" };
    expect(() => read(wrong)).toThrow(expect.not.stringMatching(/hunter2/));
  });

  test("refuses a private key that others can read", () => {
    const key = join(directory, "key");
    writeFileSync(key, "key");
    chmodSync(key, 0o640);
    const variables = { ...one, GitOps__Credentials__SshKeyPath: key };
    expect(() => read(variables)).toThrow(/chmod 600/);
    chmodSync(key, 0o600);
    expect(read(variables).GitOps.Credentials.SshKeyPath).toBe(key);
  });
});

test("refuses a file of trusted keys that every user can write", () => {
  const file = join(directory, "signers");
  writeFileSync(file, "");
  chmodSync(file, 0o666);
  const variables = {
    ...one,
    GitOps__Watcher__VerifySignatures: "require",
    GitOps__Watcher__AllowedSignersFile: file,
  };
  expect(() => read(variables)).toThrow(/can be changed by every user/);
  chmodSync(file, 0o644);
  expect(read(variables).GitOps.Watcher.VerifySignatures).toBe("require");
});

test("enables only webhooks with a secret", () => {
  expect(read(one).webhookSecrets.size).toBe(0);
  const secret = "a secret of some length";
  const { webhookSecrets } = read({ ...one, GitOps__Webhooks__GitLab__Secret: secret });
  expect([...webhookSecrets]).toEqual([["gitlab", secret]]);
});

test("accepts file URLs if they are allowed", () => {
  const settings = read({
    ...one,
    GitOps__RepositoryUrl: "file:///srv/config.git",
    GitOps__AllowFileUrls: "true",
  });
  expect(settings.sources[0]?.repository.protocol).toBe("file");
});
