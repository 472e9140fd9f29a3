/** A web link (RFC 8288) in an OGC API document. `href` is absolute. */
export interface Link {
  href: string;
  rel: string;
  type?: string;
  title?: string;
}

/** Path of the API below the base URL of the gateway. */
export const API_PATH = "/ogc";

/** The URL of a resource. Each segment is percent-encoded. */
export function apiUrl(base: string, ...segments: string[]): string {
  return [`${base}${API_PATH}`, ...segments.map(encodeURIComponent)].join("/");
}

/** The link to the HTML view of a document. */
export function htmlLink(url: string): Link {
  const title = "This document as HTML";
  return { href: `${url}?f=html`, rel: "alternate", type: "text/html", title };
}
