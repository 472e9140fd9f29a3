import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { outputOf } from "./command.mjs";
import { installPackages, refreshPackageLists, runAsRoot } from "./debian-packages.mjs";

const NO_CLUSTER = "/etc/postgresql-common/createcluster.d/honua-bootstrap.conf";

/** @type {import("./system-programs.mjs").SystemProgram} */
export const POSTGIS = {
  name: "PostgreSQL with PostGIS",
  reason: "the tests create their own clusters with it",
  packages: ["postgresql-15-postgis-3"],
  optional: false,
  isInstalled,
  install(prefix) {
    if (refreshPackageLists(prefix)) installWithoutCluster(prefix, newestPackage());
  },
};

function isInstalled() {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return false;
  return readdirSync(root).some(
    (version) =>
      existsSync(`${root}/${version}/bin/initdb`) &&
      existsSync(`/usr/share/postgresql/${version}/extension/postgis.control`),
  );
}

/** Each release of Debian and Ubuntu has one version of PostgreSQL and the PostGIS for it. */
function newestPackage() {
  const found = outputOf("apt-cache", ["search", "--names-only", "^postgresql-[0-9]+-postgis-3$"]);
  const names = (found ?? "").split("\n").map((line) => line.split(" ")[0]);
  const version = (name) => Number(name?.split("-")[1] ?? 0);
  return names.sort((a, b) => version(b) - version(a))[0] || "postgresql-15-postgis-3";
}

/**
 * Debian's package creates a cluster and starts it. A temporary configuration file prevents that,
 * so that the installation leaves no server running.
 */
function installWithoutCluster(prefix, name) {
  runAsRoot(prefix, "mkdir", "-p", dirname(NO_CLUSTER));
  runAsRoot(prefix, "sh", "-c", 'echo "create_main_cluster = false" > "$1"', "sh", NO_CLUSTER);
  try {
    installPackages(prefix, name);
  } finally {
    runAsRoot(prefix, "rm", "-f", NO_CLUSTER);
  }
}
