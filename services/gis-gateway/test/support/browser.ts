import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Why tests in a browser are skipped, to be put behind their name; empty when they run. */
export const noBrowser = existsSync(CHROMIUM) ? "" : ` (skipped: ${CHROMIUM} is not installed)`;

/** Starts Debian's Chromium, which draws with the processor where there is no graphics card. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-background-networking", "--enable-unsafe-swiftshader"],
  });
}

/** What SwiftShader says of itself. */
export function isOfTheRenderer(complaint: string): boolean {
  return /GPU stall due to ReadPixels|swiftshader/i.test(complaint);
}
