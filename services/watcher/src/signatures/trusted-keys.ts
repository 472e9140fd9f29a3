import { existsSync, statSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, runProgram } from "@honua/service-kit";

/** Milliseconds for importing the file of GPG keys. */
const IMPORT_WITHIN_MS = 30_000;

/** Files of the keys that may sign; a signature of a kind whose file is not given is not trusted. */
export interface TrustedKeyFiles {
  /** Keys of SSH, as `ssh-keygen` reads them (`ALLOWED SIGNERS` in its manual). */
  readonly allowedSigners: string | undefined;
  /** Keys of SSH that are trusted no more, in plain form or as a key revocation list. */
  readonly revokedSigners: string | undefined;
  /** Public keys of GPG, armoured or not. */
  readonly gpgKeys: string | undefined;
}

/** The trusted keys in the form in which git needs them. */
export interface TrustedKeys {
  /** Changes whenever one of the files does. */
  version(): string;
  /** Makes the keyring of GPG anew if its file changed. */
  prepare(): Promise<KeyArguments | { unreadable: string }>;
}

/** Arguments for git that name the keys. */
interface KeyArguments {
  all: string[];
  /** The same, with no key taken for revoked; undefined when none can be. */
  withoutRevocation: string[] | undefined;
}

/**
 * @param options.home folder that git has for its HOME, where gpg looks for its keyring
 * @param options.path where programs are looked for
 */
export function createTrustedKeys(options: {
  files: TrustedKeyFiles;
  home: string;
  path: string | undefined;
}): TrustedKeys {
  const { files, home, path } = options;
  const { allowedSigners, revokedSigners, gpgKeys } = files;
  let keyring: { version: string; made: Promise<void> } | undefined;

  /** The keyring holds the trusted keys and nothing else, so that whatever it knows is trusted. */
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
      const advice = "it must hold public keys of GPG, and gpg must be installed";
      throw new Error(`the keys in ${file} could not be read; ${advice}: ${messageOf(cause)}`, {
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
      // Without a file git takes a signed commit for an unsigned one; an empty file trusts nobody.
      const allowed = ["-c", `gpg.ssh.allowedSignersFile=${allowedSigners ?? "/dev/null"}`];
      if (revokedSigners === undefined) return { all: allowed, withoutRevocation: undefined };
      // A list that vanished must not make revoked keys good again.
      if (!existsSync(revokedSigners)) {
        return { unreadable: `the list of revoked keys ${revokedSigners} is gone; put it back` };
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
