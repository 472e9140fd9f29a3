import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Suffix for the names of skipped browser tests; empty if they run. */
export const browserSkipReason = existsSync(CHROMIUM)
  ? ""
  : ` (skipped: ${CHROMIUM} is not installed)`;

/** Starts Debian's Chromium with software rendering. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-background-networking", "--enable-unsafe-swiftshader"],
  });
}

/** True for messages of the software renderer, SwiftShader. */
export function isRendererMessage(message: string): boolean {
  return /GPU stall due to ReadPixels|swiftshader/i.test(message);
}
