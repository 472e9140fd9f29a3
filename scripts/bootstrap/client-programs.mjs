import { existsSync } from "node:fs";
import { installPackages } from "./debian-packages.mjs";

/** Programs that tests use as clients of the gateway. Tests look for them at Debian's paths. */
export const CLIENT_PROGRAMS = [
  client("Chromium", "/usr/bin/chromium", "chromium"),
  client("GDAL", "/usr/bin/ogrinfo", "gdal-bin"),
  // QGIS takes 1.4 GB and a minute, so it is installed only in continuous integration.
  {
    ...client("QGIS", "/usr/lib/python3/dist-packages/qgis/core", "python3-qgis"),
    isWanted: () => process.env.CI !== undefined,
  },
];

/** @returns {import("./system-programs.mjs").SystemProgram} */
function client(name, path, packageName) {
  return {
    name,
    reason: "a client in the gateway's tests",
    packages: [packageName],
    optional: true,
    isInstalled: () => existsSync(path),
    install: (prefix) => void installPackages(prefix, packageName),
  };
}
