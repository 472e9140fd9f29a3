import { execFile } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** PEM files of a certificate and its private key. */
export interface CertificateFiles {
  certFile: string;
  keyFile: string;
}

/** A certificate authority for one test. Its files are removed with the test's folder. */
export interface TestAuthority {
  caFile: string;
  /** Issues a server and client certificate for `localhost` and 127.0.0.1. */
  issue(name: string): Promise<CertificateFiles>;
}

/** @param directory for the files; it must be readable for the users of the servers */
export async function createAuthority(directory: string, name = "ca"): Promise<TestAuthority> {
  const path = (file: string) => join(directory, file);
  const caFile = path(`${name}.pem`);
  const caKey = path(`${name}.key`);
  const self = ["req", "-x509", ...KEY, "-days", "2", "-subj", `/CN=Authority ${name}`];
  await run("openssl", [...self, "-keyout", caKey, "-out", caFile]);
  return {
    caFile,
    async issue(subject) {
      const certFile = path(`${subject}.pem`);
      const keyFile = path(`${subject}.key`);
      const request = path(`${subject}.csr`);
      const extensions = path(`${subject}.ext`);
      await writeFile(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
      const wanted = ["req", "-new", ...KEY, "-subj", `/CN=${subject}`];
      await run("openssl", [...wanted, "-keyout", keyFile, "-out", request]);
      const signed = ["x509", "-req", "-in", request, "-CA", caFile, "-CAkey", caKey];
      const serial = ["-CAcreateserial", "-days", "2", "-extfile", extensions];
      await run("openssl", [...signed, ...serial, "-out", certFile]);
      await chmod(keyFile, 0o600);
      return { certFile, keyFile };
    },
  };
}
