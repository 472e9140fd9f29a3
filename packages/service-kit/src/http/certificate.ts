import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { ConfigurationError } from "../configuration.ts";
import { messageOf } from "../errors.ts";

/** What a service shows those who connect over https, in PEM. */
export interface HttpCertificate {
  /** The certificate, followed by those of the authorities in between. */
  cert: Buffer;
  key: Buffer;
}

/**
 * Reads the certificate and the key that the settings name; undefined when they name none, and the
 * service speaks plain HTTP.
 *
 * @throws ConfigurationError when only one is named, cannot be read, or they do not belong together
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
      `HTTP_CERT_FILE and HTTP_KEY_FILE are not a certificate and its key: ${messageOf(error)}`,
    );
  }
  return certificate;
}

function readPemFile(name: string, path: string | undefined): Buffer {
  if (path === undefined) {
    throw new ConfigurationError(`${name} is missing: https needs a certificate and its key`);
  }
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigurationError(`${name}: the file cannot be read: ${messageOf(error)}`);
  }
}
