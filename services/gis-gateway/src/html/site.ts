import type { Settings } from "@honua/contracts";
import { type ActiveRelease, DEFAULT_TITLE } from "../release/active-release.ts";

/** The content shared by all HTML views of a release. */
export interface Site extends Pick<Settings, "attribution" | "license" | "contact"> {
  title: string;
  /** Base URL of the absolute links in documents. */
  base: string;
  /** Path of the base URL. Views link by path, so that they also work under another host name. */
  root: string;
  /** Path of the folder with the style sheet and scripts. */
  assets: string;
}

/** @param assets path of the assets below the base URL */
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

/** The URL of a document's link as a path within the site. */
export function sitePath({ base, root }: Site, href: string): string {
  return href.startsWith(`${base}/`) ? `${root}${href.slice(base.length)}` : href;
}
