import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pollNow } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SignatureMode } from "../../src/signatures/signature-policy.ts";
import {
  gpgKeys,
  pushSigned,
  pushTampered,
  type Signer,
  sshKeys,
} from "../fixtures/commit-signing.ts";
import { createGitRemote, type GitRemote } from "../fixtures/git-remote.ts";
import {
  collectDetections,
  createFakeState,
  openBus,
  startWatcher,
  type TestWatcher,
} from "../fixtures/running-watcher.ts";

// gpg creates a socket beside its keyring, and the path of a socket must be short.
const directory = mkdtempSync(join(tmpdir(), "hw-"));
const ssh = sshKeys(join(directory, "ssh"));
const gpg = gpgKeys(join(directory, "gpg"));
const signers: Record<"ssh" | "gpg", Record<string, Signer>> = { ssh: {}, gpg: {} };

beforeAll(() => {
  for (const name of ["good", "revoked", "expired", "unknown"]) signers.ssh[name] = ssh.make(name);
  ssh.allow("good", 'namespaces="git"');
  ssh.allow("revoked");
  ssh.revoke("revoked");
  ssh.allow("expired", 'valid-before="20200101"');
  for (const name of ["good", "revoked", "unknown"]) signers.gpg[name] = gpg.make(name);
  signers.gpg.expired = gpg.make("expired", "1d", "20200101T000000");
  gpg.export(join(directory, "trusted.asc"), ["good", "expired"], ["revoked"]);
}, 60_000);
afterAll(() => {
  gpg.stop();
  rmSync(directory, { recursive: true });
});

let nats: RunningNats;
let bus: Bus;
let remote: GitRemote;
let state: ReturnType<typeof createFakeState>;
let production: ReturnType<typeof collectDetections>;
let watcher: TestWatcher | undefined;

beforeEach(async () => {
  nats = await startNats();
  bus = await openBus(nats.url);
  remote = createGitRemote();
  state = createFakeState(bus);
  state.start();
  production = collectDetections(bus, "production");
});
afterEach(async () => {
  await watcher?.stop();
  watcher = undefined;
  await production.stop();
  await bus.close();
  await nats.stop();
  remote.delete();
});

async function watch(mode: SignatureMode, revokedSigners = ssh.revokedSigners) {
  const { allowedSigners } = ssh;
  const files = { allowedSigners, revokedSigners, gpgKeys: join(directory, "trusted.asc") };
  watcher = await startWatcher({ bus, url: remote.url, signatures: { mode, files } });
  return watcher;
}

let version = 0;
function change() {
  remote.write("environments/production/metadata.json", `{ "v": ${version++} }`);
}

const detection = (count = 1) =>
  eventually(`${count} published commit(s)`, () => production.detections[count - 1]);

const refusal = (code: string) =>
  eventually(`the refusal ${code}`, () => state.refused.find((refused) => refused.code === code));

const UNTRUSTED: [kind: "ssh" | "gpg", name: string, code: string][] = [
  ["ssh", "unknown", "signature-untrusted"],
  ["ssh", "revoked", "signature-key-revoked"],
  ["ssh", "expired", "signature-key-expired"],
  ["gpg", "unknown", "signature-untrusted"],
  ["gpg", "revoked", "signature-key-revoked"],
  ["gpg", "expired", "signature-key-expired"],
];

describe("if a trusted signature is required", () => {
  test.each(["ssh", "gpg"] as const)("%s: publishes a signed commit", async (kind) => {
    change();
    const commit = pushSigned(remote, signers[kind].good ?? [], "signed");
    await watch("require");
    const { signature, id } = (await detection()).commit;
    expect(id).toBe(commit);
    expect(signature).toMatchObject({ trusted: true, problem: null });
    expect(signature?.signer).toContain("good@example.com");
    expect(signature?.key).toMatch(kind === "ssh" ? /^SHA256:/ : /^[0-9A-F]{40}$/);
    expect(state.refused).toEqual([]);
  });

  test("refuses an unsigned commit and records it once, until a signed one follows", async () => {
    change();
    const first = pushSigned(remote, signers.ssh.good ?? [], "signed");
    const { status, lines } = await watch("require");
    await detection();
    change();
    const unsigned = remote.push("unsigned");
    expect(await refusal("commit-unsigned")).toMatchObject({
      environment: "production",
      commit: { id: unsigned, message: "unsigned", author: { email: "ana@example.com" } },
      reason: `Commit ${unsigned.slice(0, 7)} is not signed. Sign it and push it again.`,
    });
    await eventually("the reason in health", () => status("production").code === "commit-unsigned");
    expect(status("production").status).toBe("Unhealthy");
    const request = { environment: "production", requestedBy: "user:ana" };
    for (const force of [false, false, true]) {
      await expect(bus.call(pollNow, { ...request, force })).rejects.toMatchObject({
        code: "commit-unsigned",
      });
    }
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(production.detections.map(({ commit }) => commit.id)).toEqual([first]);
    // A signature covers the whole tree of its commit.
    const signed = pushSigned(remote, signers.gpg.good ?? [], "signed again");
    expect((await detection(2)).commit.id).toBe(signed);
  });

  test.each(UNTRUSTED)("%s: refuses a key that is %s", async (kind, name, code) => {
    change();
    pushSigned(remote, signers[kind][name] ?? [], name);
    const { status } = await watch("require");
    const { commit, reason } = await refusal(code);
    expect(commit.message).toBe(name);
    expect(reason).toContain("Commit");
    await eventually("the reason in health", () => status("production").code === code);
    expect(production.detections).toEqual([]);
  });

  test.each(["ssh", "gpg"] as const)(
    "%s: refuses a commit that was changed after it was signed",
    async (kind) => {
      change();
      pushTampered(remote, signers[kind].good ?? []);
      await watch("require");
      expect((await refusal("signature-invalid")).commit.message).toBe("forged message");
      expect(production.detections).toEqual([]);
    },
  );

  test("ends the refusal when the branch returns to the published commit", async () => {
    change();
    const first = pushSigned(remote, signers.ssh.good ?? [], "signed");
    const { status } = await watch("require");
    await detection();
    change();
    remote.push("unsigned");
    await eventually("the reason in health", () => status("production").code === "commit-unsigned");
    remote.git("push", "--quiet", "--force", "origin", `${first}:main`);
    await eventually("health", () => status("production").status === "Healthy");
    expect(state.seen).toContainEqual({ environment: "production", commit: first, branch: "main" });
    expect(production.detections).toHaveLength(1);
  });

  test.each(["after", "while"])(
    "accepts a key that becomes trusted %s the refusal is recorded, without a restart",
    async (when) => {
      const name = `late-${when}-${version}`;
      const signer = ssh.make(name);
      change();
      const commit = pushSigned(remote, signer, "signed too early");
      if (when === "while") state.onRefused(() => ssh.allow(name));
      await watch("require");
      await refusal("signature-untrusted");
      if (when === "after") ssh.allow(name);
      expect((await detection()).commit.id).toBe(commit);
      expect(state.refused).toHaveLength(1);
    },
  );

  test("refuses all commits while the list of revoked keys is missing", async () => {
    const list = sshKeys(join(directory, "other")).revokedSigners;
    renameSync(list, `${list}.gone`);
    change();
    const commit = pushSigned(remote, signers.ssh.good ?? [], "good");
    await watch("require", list);
    expect((await refusal("trusted-keys-unreadable")).reason).toContain(list);
    renameSync(`${list}.gone`, list);
    expect((await detection()).commit.id).toBe(commit);
  });
});

describe("if a warning is enough", () => {
  test("publishes an unsigned commit and logs a warning", async () => {
    change();
    const commit = remote.push("unsigned");
    const { lines, status } = await watch("warn");
    expect((await detection()).commit).toMatchObject({
      id: commit,
      signature: { trusted: false, problem: "commit-unsigned", signer: null, key: null },
    });
    expect(lines.filter(({ level }) => level === "warn").map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^Commit \w{7} is not signed.*It is deployed anyway$/),
    ]);
    await eventually("health", () => status("production").status === "Healthy");
    expect(state.refused).toEqual([]);
  });
});

test("reports no signature if signatures are not verified", async () => {
  change();
  pushSigned(remote, signers.ssh.unknown ?? [], "signed");
  await watch("off");
  expect((await detection()).commit.signature).toBeUndefined();
});
