import { existsSync } from "node:fs";
import { findProgram, say } from "./command.mjs";
import { asRoot, installPackages, runAsRoot } from "./debian-packages.mjs";

/** What the tests of the watcher run, and the Debian package it comes in. */
const PROGRAMS = { gpg: "gnupg", "ssh-keygen": "openssh-client", sshd: "openssh-server" };
/** Where no user has it on their PATH. */
const SSHD = "/usr/sbin/sshd";
/** Debian's way of keeping a package from starting its service. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Installs what the tests need for signing commits and for serving Git over ssh. They start an
 * sshd of their own on loopback; the one of the machine is not started.
 */
export function ensureGitPrograms() {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  const prefix = asRoot();
  if (prefix) {
    say(`Installing ${names.join(", ")} with apt …`);
    installWithoutStarting(prefix, names);
  }
  if (missing.some(([program]) => !isInstalled(program)))
    say(`Not installed: ${names.join(", ")}; tests that need them will fail.`);
}

function isInstalled(program) {
  return findProgram(program) !== undefined || (program === "sshd" && existsSync(SSHD));
}

function installWithoutStarting(prefix, names) {
  const guarded = existsSync(POLICY);
  if (!guarded) {
    const script = `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`;
    runAsRoot(prefix, "sh", "-c", script);
  }
  try {
    installPackages(prefix, ...names);
  } finally {
    if (!guarded) runAsRoot(prefix, "rm", "-f", POLICY);
  }
}
