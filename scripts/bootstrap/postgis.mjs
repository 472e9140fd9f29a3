import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { outputOf, say } from "./command.mjs";
import { asRoot, installPackages, refreshPackageLists, runAsRoot } from "./debian-packages.mjs";

const NO_CLUSTER = "/etc/postgresql-common/createcluster.d/honua-bootstrap.conf";

/**
 * Installs the programs of PostgreSQL and PostGIS for the tests, which make clusters of their own.
 * Where that is not possible the tests say what they lack.
 */
export function ensurePostgis() {
  if (isInstalled()) return;
  const prefix = asRoot();
  if (prefix && refreshPackageLists(prefix)) {
    const name = newestPackage();
    say(`Installing ${name} with apt …`);
    installWithoutCluster(prefix, name);
  }
  if (!isInstalled())
    say("PostgreSQL with PostGIS is not installed; tests that need it will fail.");
}

function isInstalled() {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return false;
  return readdirSync(root).some(
    (version) =>
      existsSync(`${root}/${version}/bin/initdb`) &&
      existsSync(`/usr/share/postgresql/${version}/extension/postgis.control`),
  );
}

/** Each release of Debian and Ubuntu has one version of PostgreSQL, and PostGIS for it. */
function newestPackage() {
  const found = outputOf("apt-cache", ["search", "--names-only", "^postgresql-[0-9]+-postgis-3$"]);
  const names = (found ?? "").split("\n").map((line) => line.split(" ")[0]);
  const version = (name) => Number(name?.split("-")[1] ?? 0);
  return names.sort((a, b) => version(b) - version(a))[0] || "postgresql-15-postgis-3";
}

/**
 * The package would make a cluster and start it. A setting that is taken away again afterwards
 * keeps it from that, and nothing is left running.
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
