import { statSync } from "node:fs";

/**
 * Checks that a private key exists and that only its owner can read it. ssh refuses such a key as
 * well, but only at the first poll.
 *
 * @returns the problem, or undefined if there is none
 */
export function privateKeyProblem(path: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o077) === 0) return undefined;
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  return `${path} can be read by others; run chmod 600 on it and consider the key leaked`;
}

/**
 * Checks that a file with trusted keys exists and is not writable by every user of the machine.
 *
 * @returns the problem, or undefined if there is none
 */
export function trustedFileProblem(path: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o002) === 0) return undefined;
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  return `${path} can be changed by every user; run chmod o-w on it and check its contents`;
}
