import { existsSync } from "node:fs";
import { say } from "./command.mjs";
import { asRoot, installPackages } from "./debian-packages.mjs";

/** Debian's programs that tests use as clients. */
const PROGRAMS = [
  { name: "Chromium", isAt: "/usr/bin/chromium", from: "chromium" },
  { name: "GDAL", isAt: "/usr/bin/ogrinfo", from: "gdal-bin" },
  {
    name: "QGIS",
    isAt: "/usr/lib/python3/dist-packages/qgis/core",
    from: "python3-qgis",
    // A minute and 1.4 GB, which somebody who waits for a test would rather not give.
    isWanted: process.env.CI !== undefined,
  },
];

/** Installs the clients that are missing; where that is not possible their tests are skipped. */
export function ensureClientPrograms() {
  for (const program of PROGRAMS) ensure(program);
}

function ensure({ name, isAt, from, isWanted = true }) {
  if (existsSync(isAt)) return;
  const prefix = isWanted ? asRoot() : undefined;
  if (prefix) {
    say(`Installing ${from} with apt …`);
    installPackages(prefix, from);
  }
  if (!existsSync(isAt)) say(`${name} is not installed; tests with it as a client are skipped.`);
}
