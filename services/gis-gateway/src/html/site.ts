import type { Settings } from "@honua/contracts";
import { type ActiveRelease, DEFAULT_TITLE } from "../release/active-release.ts";

/** What all pages of a release share. */
export interface Site extends Pick<Settings, "attribution" | "license" | "contact"> {
  title: string;
  /** Base of the absolute links in documents. */
  base: string;
  /** Path of that base. Pages link by path, so that they also work under another host name. */
  root: string;
  /** Path of the folder that holds the style sheet and the scripts. */
  assets: string;
}

/** @param assets path of the assets under the base */
export function createSite(active: ActiveRelease | undefined, base: string, assets: string): Site {
  const { title, attribution, license, contact } = active?.release.settings ?? {};
  const root = URL.canParse(base) ? new URL(base).pathname.replace(/\/+$/, "") : "";
  return {
    title: title ?? DEFAULT_TITLE,
    base,
    root,
    assets: `${root}${assets}`,
    ...(attribution === undefined ? {} : { attribution }),
    ...(license === undefined ? {} : { license }),
    ...(contact === undefined ? {} : { contact }),
  };
}

/** The address of a document's link as a page has it. */
export function sitePath({ base, root }: Site, href: string): string {
  return href.startsWith(`${base}/`) ? `${root}${href.slice(base.length)}` : href;
}
