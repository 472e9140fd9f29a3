import { existsSync } from "node:fs";
import { findProgram, runQuietly } from "./command.mjs";
import { installPackages, runAsRoot } from "./debian-packages.mjs";

/** @type {import("./system-programs.mjs").SystemProgram} */
export const NATS_SERVER = {
  name: "nats-server",
  reason: "the message bus between the services",
  packages: ["nats-server"],
  formula: "nats-server",
  optional: false,
  isInstalled,
  install(prefix) {
    if (installPackages(prefix, "nats-server")) stopService(prefix);
  },
  installWithHomebrew: () => void runQuietly("brew", ["install", "--quiet", "nats-server"]),
};

/** Debian installs nats-server in /usr/sbin, which is not on the PATH of other users than root. */
function isInstalled() {
  return Boolean(findProgram("nats-server") ?? findProgram("nats-server", ["/usr/sbin"]));
}

/** Under systemd, Debian's package starts a server on the default port 4222. */
function stopService(prefix) {
  if (!existsSync("/run/systemd/system")) return;
  runAsRoot(prefix, "systemctl", "disable", "--now", "nats-server");
}
