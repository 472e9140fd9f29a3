import { existsSync, statSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, runProgram } from "@honua/service-kit";

/** Milliseconds for importing the file of GPG keys. */
const IMPORT_WITHIN_MS = 30_000;

/** Files with the trusted keys. Without a file, no signature of its kind is trusted. */
export interface TrustedKeyFiles {
  /** SSH keys (`ALLOWED SIGNERS` in ssh-keygen(1)). */
  readonly allowedSigners: string | undefined;
  /** SSH keys that are no longer trusted, as public keys or as a key revocation list. */
  readonly revokedSigners: string | undefined;
  /** GPG public keys, armoured or binary. */
  readonly gpgKeys: string | undefined;
}

/** The trusted keys as arguments for git. */
export interface TrustedKeys {
  /** Changes when one of the files changes. */
  version(): string;
  /** Rebuilds the GPG keyring if its file has changed. */
  prepare(): Promise<KeyArguments | { unreadable: string }>;
}

/** Arguments for git that name the keys. */
interface KeyArguments {
  all: string[];
  /** The same without the list of revoked keys; undefined if there is no list. */
  withoutRevocation: string[] | undefined;
}

/**
 * @param options.home HOME of the git processes, where gpg finds its keyring
 * @param options.path PATH of the gpg process
 */
export function createTrustedKeys(options: {
  files: TrustedKeyFiles;
  home: string;
  path: string | undefined;
}): TrustedKeys {
  const { files, home, path } = options;
  const { allowedSigners, revokedSigners, gpgKeys } = files;
  let keyring: { version: string; made: Promise<void> } | undefined;

  /** The keyring contains only the trusted keys, so every key in it is trusted. */
  async function makeKeyring() {
    const next = join(home, ".gnupg.next");
    const current = join(home, ".gnupg");
    await rm(next, { recursive: true, force: true });
    await mkdir(next, { recursive: true, mode: 0o700 });
    await writeFile(
      join(next, "gpg.conf"),
      "batch\nno-autostart\nno-auto-key-retrieve\nno-auto-key-locate\ntrust-model always\n",
    );
    if (gpgKeys !== undefined) await importKeys(next, gpgKeys);
    await rm(current, { recursive: true, force: true });
    await rename(next, current);
  }

  async function importKeys(keyringHome: string, file: string) {
    const environment = { PATH: path, HOME: home, LC_ALL: "C" };
    try {
      await runProgram("gpg", ["--homedir", keyringHome, "--import", "--", file], {
        environment,
        deadlineMs: IMPORT_WITHIN_MS,
        outputBytes: 1024 * 1024,
      });
    } catch (cause) {
      const advice = "The file must contain GPG public keys, and gpg must be installed";
      throw new Error(`The keys in ${file} could not be read. ${advice}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  return {
    version: () => [allowedSigners, revokedSigners, gpgKeys].map(versionOf).join(" "),
    async prepare() {
      const version = versionOf(gpgKeys);
      if (keyring?.version !== version) {
        const made = makeKeyring();
        keyring = { version, made };
        made.catch(() => {
          keyring = undefined;
        });
      }
      try {
        await keyring?.made;
      } catch (error) {
        return { unreadable: messageOf(error) };
      }
      // Without a file git reports signed commits as unsigned; an empty file trusts no key.
      const allowed = ["-c", `gpg.ssh.allowedSignersFile=${allowedSigners ?? "/dev/null"}`];
      if (revokedSigners === undefined) return { all: allowed, withoutRevocation: undefined };
      // A missing list must not make revoked keys valid again.
      if (!existsSync(revokedSigners)) {
        return { unreadable: `The list of revoked keys ${revokedSigners} is missing. Restore it` };
      }
      const revoked = ["-c", `gpg.ssh.revocationFile=${revokedSigners}`];
      return { all: [...allowed, ...revoked], withoutRevocation: allowed };
    },
  };
}

function versionOf(file: string | undefined): string {
  if (file === undefined) return "-";
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : "missing";
}
