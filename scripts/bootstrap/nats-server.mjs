import { existsSync } from "node:fs";
import { findProgram, runQuietly, SetupProblem, say } from "./command.mjs";
import { asRoot, installPackages, runAsRoot } from "./debian-packages.mjs";

/** Makes sure that there is a nats-server to run: from PATH, else Debian's package, else Homebrew's. */
export function ensureNatsServer() {
  if (isInstalled()) return;
  const prefix = asRoot();
  if (prefix) {
    say("Installing nats-server with apt …");
    if (installPackages(prefix, "nats-server")) leaveServiceStopped(prefix);
  } else if (findProgram("brew")) {
    say("Installing nats-server with Homebrew …");
    runQuietly("brew", ["install", "--quiet", "nats-server"]);
  }
  if (isInstalled()) return;
  throw new SetupProblem(
    "nats-server is missing. Install it (Debian and Ubuntu: sudo apt-get install nats-server; " +
      "macOS: brew install nats-server; others: https://nats.io/download) and try again.",
  );
}

/** Debian puts it into a directory that only root has on PATH. */
function isInstalled() {
  return Boolean(findProgram("nats-server") ?? findProgram("nats-server", ["/usr/sbin"]));
}

/** Under systemd Debian's package starts a server of its own, on the port of the same number. */
function leaveServiceStopped(prefix) {
  if (!existsSync("/run/systemd/system")) return;
  runAsRoot(prefix, "systemctl", "disable", "--now", "nats-server");
}
