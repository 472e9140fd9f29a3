import { statSync } from "node:fs";

/**
 * Why a private key cannot be used: it is not there, or others on the machine can read it. ssh
 * itself refuses such a key too, but only at the first poll.
 */
export function faultOfPrivateKey(path: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o077) === 0) return undefined;
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  return `${path} can be read by others; run chmod 600 on it and consider the key leaked`;
}

/**
 * Why a file cannot decide whom to trust: it is not there, or anybody on the machine may write it.
 */
export function faultOfTrustedFile(path: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o002) === 0) return undefined;
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  return `${path} can be changed by anybody; run chmod o-w on it and check what it holds`;
}
