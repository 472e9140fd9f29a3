import { existsSync } from "node:fs";
import { say } from "./command.mjs";
import { asRoot, installPackages } from "./debian-packages.mjs";

const CHROMIUM = "/usr/bin/chromium";

/** Installs Debian's browser for the tests of the pages; where that is not possible they are skipped. */
export function ensureChromium() {
  if (existsSync(CHROMIUM)) return;
  const prefix = asRoot();
  if (prefix) {
    say("Installing chromium with apt …");
    installPackages(prefix, "chromium");
  }
  if (!existsSync(CHROMIUM))
    say("Chromium is not installed; tests of pages in a browser are skipped.");
}
