import { existsSync } from "node:fs";
import { findProgram } from "./command.mjs";
import { installPackages, runAsRoot } from "./debian-packages.mjs";

/** /usr/sbin is not on the PATH of other users than root. */
const SSHD = "/usr/sbin/sshd";
/** Debian's switch that keeps a package from starting its service. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * The programs with which the watcher's tests sign commits and serve Git over ssh. The tests start
 * their own sshd on the loopback interface; the machine's sshd is not started.
 */
export const GIT_PROGRAMS = [
  gitProgram("gpg", "gnupg", "signs commits in the watcher's tests"),
  gitProgram("ssh-keygen", "openssh-client", "signs commits in the watcher's tests"),
  gitProgram("sshd", "openssh-server", "serves Git in the watcher's tests"),
];

/** @returns {import("./system-programs.mjs").SystemProgram} */
function gitProgram(name, packageName, reason) {
  return {
    name,
    reason,
    packages: [packageName],
    optional: false,
    isInstalled: () => findProgram(name) !== undefined || (name === "sshd" && existsSync(SSHD)),
    install: (prefix) => installWithoutStarting(prefix, packageName),
  };
}

function installWithoutStarting(prefix, name) {
  const guarded = existsSync(POLICY);
  if (!guarded) {
    const script = `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`;
    runAsRoot(prefix, "sh", "-c", script);
  }
  try {
    installPackages(prefix, name);
  } finally {
    if (!guarded) runAsRoot(prefix, "rm", "-f", POLICY);
  }
}
