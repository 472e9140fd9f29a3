import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CommandError, EXIT } from "../command-error.ts";

/**
 * Makes all requests of this process trust the certificate authorities of a PEM file, in addition to
 * the default ones.
 *
 * @throws CommandError when the file cannot be read or contains no certificate
 */
export function trustCertificateAuthorities(path: string): void {
  try {
    const authorities = readFileSync(path, "utf8");
    // setDefaultCACertificates ignores text that is not a certificate, so it is parsed here first.
    new X509Certificate(authorities);
    setDefaultCACertificates([...getCACertificates("default"), authorities]);
  } catch (error) {
    throw new CommandError(`HONUA_CA_FILE: ${path}: ${(error as Error).message}`, EXIT.usage);
  }
}
