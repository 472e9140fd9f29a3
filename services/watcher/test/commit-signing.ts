import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GitRemote } from "./git-remote.ts";

/** Arguments that make git sign a commit with one key. */
export type Signer = readonly string[];

/** Keys of SSH made for a test, in files below the folder. */
export function sshKeys(directory: string) {
  mkdirSync(directory, { recursive: true });
  const allowedSigners = join(directory, "allowed-signers");
  const revokedSigners = join(directory, "revoked-signers");
  writeFileSync(allowedSigners, "");
  writeFileSync(revokedSigners, "");
  const publicKey = (name: string) => readFileSync(join(directory, `${name}.pub`), "utf8");
  return {
    allowedSigners,
    revokedSigners,
    make(name: string): Signer {
      const file = join(directory, name);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
      return ["-c", "gpg.format=ssh", "-c", `user.signingkey=${file}`];
    },
    /** @param options as in the manual of ssh-keygen, such as `valid-before="20200101"` */
    allow(name: string, options = "") {
      appendFileSync(allowedSigners, `${name}@example.com ${options} ${publicKey(name)}`);
    },
    revoke: (name: string) => appendFileSync(revokedSigners, publicKey(name)),
  };
}

/** Keys of GPG made for a test, in a keyring below the folder. */
export function gpgKeys(directory: string) {
  const home = join(directory, "keyring");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const gpg = (...args: string[]) =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", ...args], { stdio: "pipe" });
  const program = join(directory, "gpg-with-keyring");
  /** The certificate that gpg makes for each key, without the colon that guards it from accidents. */
  const revocationOf = (name: string) => {
    const listing = gpg("--list-keys", "--with-colons", `${name}@example.com`).toString();
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? "";
    const certificate = join(home, "openpgp-revocs.d", `${fingerprint}.rev`);
    return readFileSync(certificate, "utf8").replace(":-----BEGIN", "-----BEGIN");
  };
  writeFileSync(program, `#!/bin/sh\nexec gpg --homedir '${home}' --batch --quiet "$@"\n`);
  chmodSync(program, 0o755);
  return {
    /** @param validity as gpg takes it, such as `never` or `seconds=60`; `faked` is the time of the key */
    make(name: string, validity = "never", faked?: string): Signer {
      const at = faked === undefined ? [] : ["--faked-system-time", faked];
      const user = `${name} <${name}@example.com>`;
      gpg(...at, "--passphrase", "", "--quick-gen-key", user, "ed25519", "sign", validity);
      const signer = `${program}${faked === undefined ? "" : `-${name}`}`;
      if (faked !== undefined) {
        writeFileSync(signer, `#!/bin/sh\nexec '${program}' ${at.join(" ")} "$@"\n`);
        chmodSync(signer, 0o755);
      }
      const key = `user.signingkey=${name}@example.com`;
      return ["-c", "gpg.format=openpgp", "-c", `gpg.program=${signer}`, "-c", key];
    },
    /**
     * The public keys of these, in one file, those that are revoked with their revocation; in the
     * keyring itself they can go on signing.
     */
    export(file: string, names: readonly string[], revoked: readonly string[]) {
      const keyOf = (name: string) => gpg("--armor", "--export", `${name}@example.com`).toString();
      const blocks = [
        ...names.map(keyOf),
        ...revoked.flatMap((name) => [keyOf(name), revocationOf(name)]),
      ];
      writeFileSync(file, blocks.join(""));
    },
    stop: () => execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]),
  };
}

/** Commits everything, signed, and pushes it; returns the commit. */
export function pushSigned(remote: GitRemote, signer: Signer, message: string): string {
  remote.git("add", "--all");
  remote.git(...signer, "commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", message);
  remote.git("push", "--quiet", "origin", "HEAD:main");
  return remote.git("rev-parse", "HEAD");
}

/** The same, with a word of the message changed after the commit was signed. */
export function pushTampered(remote: GitRemote, signer: Signer): string {
  remote.git("add", "--all");
  remote.git(...signer, "commit", "--quiet", "--gpg-sign", "--message", "honest words");
  const raw = `${remote.git("cat-file", "commit", "HEAD")}\n`;
  const file = join(remote.directory, "tampered");
  writeFileSync(file, raw.replace("honest words", "forged words"));
  const commit = remote.git("hash-object", "-t", "commit", "-w", file);
  remote.git("reset", "--quiet", commit);
  remote.git("push", "--quiet", "origin", `${commit}:refs/heads/main`);
  return commit;
}
