import { findProgram, outputOf, runQuietly } from "./command.mjs";

let listsAreFresh = false;

/** How to run a command as root on Debian and its relatives: a prefix, or undefined when we cannot. */
export function asRoot() {
  if (!findProgram("apt-get")) return undefined;
  if (process.getuid?.() === 0) return [];
  const mayUseSudo = findProgram("sudo") && outputOf("sudo", ["-n", "true"]) !== undefined;
  return mayUseSudo ? ["sudo", "-n"] : undefined;
}

/** Runs a command as root; its output is shown when it fails. */
export function runAsRoot(prefix, ...command) {
  const [program, ...args] = [...prefix, ...command];
  return runQuietly(program, args);
}

/** Fetches the package lists, once. */
export function refreshPackageLists(prefix) {
  listsAreFresh ||= runAsRoot(prefix, "apt-get", "update");
  return listsAreFresh;
}

/** Installs packages without questions and without what they merely recommend. */
export function installPackages(prefix, ...names) {
  const apt = ["apt-get", "install", "-y", "--no-install-recommends", ...names];
  return (
    refreshPackageLists(prefix) &&
    runAsRoot(prefix, "env", "DEBIAN_FRONTEND=noninteractive", ...apt)
  );
}
