import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CommandFailed, EXIT } from "../command-error.ts";

/**
 * Has every request of this process trust the authorities of a PEM file besides the usual ones.
 *
 * @throws CommandFailed when the file cannot be read or holds no certificate
 */
export function trustAuthorities(path: string): void {
  try {
    const authorities = readFileSync(path, "utf8");
    // Alone among the usual ones, a text that is no certificate would go unnoticed.
    new X509Certificate(authorities);
    setDefaultCACertificates([...getCACertificates("default"), authorities]);
  } catch (error) {
    throw new CommandFailed(`HONUA_CA_FILE: ${path}: ${(error as Error).message}`, EXIT.usage);
  }
}
