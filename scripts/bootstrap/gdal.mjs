import { existsSync } from "node:fs";
import { say } from "./command.mjs";
import { asRoot, installPackages } from "./debian-packages.mjs";

const OGRINFO = "/usr/bin/ogrinfo";

/** Installs Debian's GDAL for the tests of it as a client; where that is not possible they are skipped. */
export function ensureGdal() {
  if (existsSync(OGRINFO)) return;
  const prefix = asRoot();
  if (prefix) {
    say("Installing gdal-bin with apt …");
    installPackages(prefix, "gdal-bin");
  }
  if (!existsSync(OGRINFO)) say("GDAL is not installed; its tests as a client are skipped.");
}
