import { apiUrl } from "../ogc/link.ts";
import type { TileSource } from "../tiles/tile-documents.ts";
import type { Site } from "./site.ts";
import type { Breadcrumb } from "./view-layout.ts";

/**
 * Breadcrumbs to a collection's tiles; empty for tiles of all collections, below the landing page.
 */
export function tilesBreadcrumbs(site: Site, { path, title }: TileSource): Breadcrumb[] {
  const [root = "", id = ""] = path;
  if (root !== "collections") return [];
  return [
    { title: "Collections", href: apiUrl(site.root, root) },
    { title, href: apiUrl(site.root, root, id) },
  ];
}
