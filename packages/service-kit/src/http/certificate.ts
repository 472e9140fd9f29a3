import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { ConfigurationError } from "../configuration.ts";
import { messageOf } from "../errors.ts";

/** The HTTPS certificate of a service and its private key, in PEM. */
export interface HttpCertificate {
  /** The certificate, followed by the intermediate certificates. */
  cert: Buffer;
  key: Buffer;
}

/**
 * Reads the certificate and the key of the settings. Returns undefined if neither is set, for plain
 * HTTP.
 *
 * @throws ConfigurationError if only one is set, a file cannot be read, or the key does not belong to
 *   the certificate
 */
export function readHttpCertificate(settings: {
  HTTP_CERT_FILE?: string | undefined;
  HTTP_KEY_FILE?: string | undefined;
}): HttpCertificate | undefined {
  const { HTTP_CERT_FILE, HTTP_KEY_FILE } = settings;
  if (HTTP_CERT_FILE === undefined && HTTP_KEY_FILE === undefined) return undefined;
  const certificate = {
    cert: readPemFile("HTTP_CERT_FILE", HTTP_CERT_FILE),
    key: readPemFile("HTTP_KEY_FILE", HTTP_KEY_FILE),
  };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new ConfigurationError(
      `HTTP_CERT_FILE and HTTP_KEY_FILE must contain a certificate and its private key: ${messageOf(error)}`,
    );
  }
  return certificate;
}

function readPemFile(name: string, path: string | undefined): Buffer {
  if (path === undefined) {
    throw new ConfigurationError(
      `${name} is missing; HTTPS needs both a certificate and its private key`,
    );
  }
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigurationError(`${name}: the file cannot be read: ${messageOf(error)}`);
  }
}
