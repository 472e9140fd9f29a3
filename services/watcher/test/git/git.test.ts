import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGit, type GitFailed } from "../../src/git/git.ts";
import { type GitCredentials, gitEnvironment } from "../../src/git/git-environment.ts";
import { explainGitFailure } from "../../src/git/git-failure.ts";
import { createMirror } from "../../src/git/mirror.ts";
import { startGitHttps } from "../fixtures/git-https-server.ts";
import { createGitRemote, type GitRemote } from "../fixtures/git-remote.ts";
import { NO_CREDENTIALS, repositoryAt } from "../fixtures/running-watcher.ts";

const none = NO_CREDENTIALS;

let remote: GitRemote;
let commit: string;

beforeAll(() => {
  remote = createGitRemote();
  remote.write("environments/production/metadata.json", "{}");
  commit = remote.push("one");
});
afterAll(() => remote.delete());

function mirrorOf(
  url: string,
  credentials: GitCredentials,
  surroundings: Record<string, string | undefined>,
) {
  const mirrorsDirectory = join(remote.directory, `mirrors-${Math.random()}`);
  const repository = repositoryAt(url);
  const environment = gitEnvironment({ repository, credentials, mirrorsDirectory, surroundings });
  const git = createGit({ environment, stop: new AbortController().signal });
  return { ...createMirror({ git, url, mirrorsDirectory }), mirrorsDirectory };
}

describe("over https", () => {
  let server: Awaited<ReturnType<typeof startGitHttps>>;
  let trusting: Record<string, string | undefined>;
  beforeAll(async () => {
    const login = { username: "reader", password: 'it\'s a "secret" $HOME' };
    server = await startGitHttps({ directory: remote.directory, ...login });
    trusting = { PATH: process.env.PATH, GIT_SSL_CAINFO: server.certificate };
  });
  afterAll(() => server.stop());

  const url = () => `${server.origin}/config.git`;
  const reader = { ...none, username: "reader", password: 'it\'s a "secret" $HOME' };
  const explained = (work: Promise<unknown>) =>
    work.then(
      () => "no failure",
      (error: GitFailed) => explainGitFailure(error, { repository: url(), directory: "" }).code,
    );

  test("uses the credential, and writes it to no file", async () => {
    const mirror = mirrorOf(url(), reader, trusting);
    expect((await mirror.remoteHeads(["main"])).get("main")).toBe(commit);
    await mirror.fetch(["main"], commit);
    await mirror.fetchBlobs(commit, ["environments/production"]);
    const [entry] = await mirror.tree(commit, ["environments/production"]);
    const contents = await mirror.contents([entry?.id ?? ""]);
    expect(contents.get(entry?.id ?? "")?.toString()).toBe("{}");
    expect(readFileSync(join(mirror.directory, "config"), "utf8")).not.toContain("secret");
  });

  test("explains a missing or wrong credential, an untrusted certificate and a missing repository", async () => {
    const heads = (credentials: GitCredentials, at = url(), surroundings = trusting) =>
      explained(mirrorOf(at, credentials, surroundings).remoteHeads(["main"]));
    expect(await heads(none)).toBe("authentication-refused");
    expect(await heads({ ...reader, password: "wrong" })).toBe("authentication-refused");
    expect(await heads(reader, url(), { PATH: process.env.PATH })).toBe("certificate-refused");
    expect(await heads(reader, `${server.origin}/other.git`)).toBe("not-a-repository");
  });
});

describe("over ssh", () => {
  test("checks host keys strictly, uses one identity, and quotes paths for the shell", () => {
    const environment = gitEnvironment({
      repository: repositoryAt("ssh://git@git.example.com/gis.git"),
      credentials: { ...none, sshKeyPath: "/keys/it's; rm -rf x", knownHostsPath: "/keys/hosts" },
      mirrorsDirectory: "/srv/mirrors",
      surroundings: { PATH: "/usr/bin", EDITOR: "vi", GIT_DIR: "/elsewhere" },
    });
    expect(environment.GIT_SSH_COMMAND).toBe(
      "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 " +
        "-o ServerAliveInterval=15 -o ServerAliveCountMax=2 " +
        "-o UserKnownHostsFile=/keys/hosts -o GlobalKnownHostsFile=/dev/null " +
        "-o IdentitiesOnly=yes -o 'IdentityFile=/keys/it'\\''s; rm -rf x'",
    );
    expect(Object.keys(environment)).not.toContain("EDITOR");
    expect(Object.keys(environment)).not.toContain("GIT_DIR");
    expect(environment.PATH).toBe("/usr/bin");
  });

  test("explains a host that cannot be reached", async () => {
    const mirror = mirrorOf("ssh://git@127.0.0.1:1/gis.git", none, { PATH: process.env.PATH });
    const failure: GitFailed = await mirror.remoteHeads(["main"]).catch((error) => error);
    const context = { repository: "", directory: "" };
    expect(explainGitFailure(failure, context).code).toBe("host-unreachable");
  });
});

describe("a git process", () => {
  test("may use only the protocol of its repository", async () => {
    const url = "https://git.example.com/x.git";
    const environment = gitEnvironment({
      repository: repositoryAt(url),
      credentials: none,
      mirrorsDirectory: remote.directory,
      surroundings: { PATH: process.env.PATH },
    });
    const git = createGit({ environment, stop: new AbortController().signal });
    const failure: GitFailed = await git
      .text(remote.directory, ["ls-remote", remote.url])
      .catch((error) => error);
    expect(explainGitFailure(failure, { repository: "", directory: "" }).code).toBe(
      "protocol-refused",
    );
  });

  test("creates mirrors for its owner only, and ignores repositories above them", async () => {
    const mirror = mirrorOf(remote.url, none, { PATH: process.env.PATH });
    await mirror.remoteHeads(["main"]);
    expect(statSync(mirror.mirrorsDirectory).mode & 0o777).toBe(0o700);
    expect(readdirSync(mirror.mirrorsDirectory)).toEqual([]);
    await mirror.fetch(["main"], commit);
    expect(statSync(mirror.directory).mode & 0o777).toBe(0o700);
  });

  test("reports that git is not installed", async () => {
    const mirror = mirrorOf(remote.url, none, { PATH: "/nonexistent" });
    const failure: GitFailed = await mirror.remoteHeads(["main"]).catch((error) => error);
    const context = { repository: "", directory: "" };
    expect(explainGitFailure(failure, context).code).toBe("git-missing");
  });

  test("is ended at its deadline, or when the watcher stops", async () => {
    const bin = join(remote.directory, "bin");
    execFileSync("mkdir", ["-p", bin]);
    writeFileSync(join(bin, "git"), "#!/bin/sh\nexec sleep 60\n");
    chmodSync(join(bin, "git"), 0o755);
    const stopping = new AbortController();
    const environment = { PATH: `${bin}:${process.env.PATH}` };
    const git = createGit({ environment, stop: stopping.signal });
    const late = git.text(remote.directory, ["version"], { deadlineMs: 50 });
    await expect(late).rejects.toMatchObject({ why: "timeout" });
    const stopped = git.text(remote.directory, ["version"]);
    setImmediate(() => stopping.abort());
    await expect(stopped).rejects.toMatchObject({ why: "stopped" });
  });
});
