import { apiUrl } from "../ogc/link.ts";
import type { TileSource } from "../tiles/tile-documents.ts";
import type { Site } from "./site.ts";
import type { Breadcrumb } from "./view-layout.ts";

/** The way to the tiles of a collection; those of all collections are right below the landing page. */
export function tilesBreadcrumbs(site: Site, { path, title }: TileSource): Breadcrumb[] {
  const [root = "", id = ""] = path;
  if (root !== "collections") return [];
  return [
    { title: "Collections", href: apiUrl(site.root, root) },
    { title, href: apiUrl(site.root, root, id) },
  ];
}
