import { findProgram, outputOf, runQuietly } from "./command.mjs";

let listsAreFresh = false;

/** The prefix that runs a command as root on Debian or Ubuntu, or undefined without the right to do so. */
export function asRoot() {
  if (!findProgram("apt-get")) return undefined;
  if (process.getuid?.() === 0) return [];
  const mayUseSudo = findProgram("sudo") && outputOf("sudo", ["-n", "true"]) !== undefined;
  return mayUseSudo ? ["sudo", "-n"] : undefined;
}

/** Runs a command as root. Its output is shown only if the command fails. */
export function runAsRoot(prefix, ...command) {
  const [program, ...args] = [...prefix, ...command];
  return runQuietly(program, args);
}

/** Updates the package lists, once per run. */
export function refreshPackageLists(prefix) {
  listsAreFresh ||= runAsRoot(prefix, "apt-get", "update");
  return listsAreFresh;
}

/** Installs packages without questions and without recommended packages. */
export function installPackages(prefix, ...names) {
  const apt = ["apt-get", "install", "-y", "--no-install-recommends", ...names];
  return (
    refreshPackageLists(prefix) &&
    runAsRoot(prefix, "env", "DEBIAN_FRONTEND=noninteractive", ...apt)
  );
}
