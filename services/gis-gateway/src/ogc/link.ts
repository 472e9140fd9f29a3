/** A web link (RFC 8288) as OGC API documents carry it; `href` is absolute. */
export interface Link {
  href: string;
  rel: string;
  type?: string;
  title?: string;
}

/** Path of the API under the base of the gateway. */
export const API_PATH = "/ogc";

/** The URL of a resource; each segment is escaped. */
export function apiUrl(base: string, ...segments: string[]): string {
  return [`${base}${API_PATH}`, ...segments.map(encodeURIComponent)].join("/");
}

/** The same resource as a page for people. */
export function htmlLink(url: string): Link {
  const title = "This document as a page";
  return { href: `${url}?f=html`, rel: "alternate", type: "text/html", title };
}
