import { apiUrl } from "../ogc/link.ts";
import { sourceTileMatrixSets, type TileSource, zoomRange } from "../tiles/tile-documents.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { tilesBreadcrumbs } from "./tiles-breadcrumbs.ts";
import { definitionList, renderView } from "./view-layout.ts";

/** Renders the tilesets of one collection or of all collections. */
export function renderTilesetsView(site: Site, tiled: TileSource): string {
  const root = apiUrl(site.root, ...tiled.path);
  const entries = sourceTileMatrixSets(tiled).map((set) => {
    const { minZoom, maxZoom } = zoomRange(set, tiled);
    return html`<li>
<div><h2><a href="${`${root}/${set.id}`}">${set.id}</a></h2>
<p>${set.title}</p></div>
${definitionList([
  ["Levels", `${minZoom} to ${maxZoom}`],
  ["CRS", html`<code>${set.crs.replace(/^.*\/def\/crs\//, "")}</code>`],
])}
</li>`;
  });
  return renderView(site, {
    title: `Tiles of ${tiled.title}`,
    breadcrumbs: [...tilesBreadcrumbs(site, tiled), { title: "Tiles" }],
    json: `${root}?f=json`,
    main: html`<h1>Tiles of ${tiled.title}</h1>
<p class="lead">Vector tiles for web and mobile maps.</p>
<ul class="entries">${entries}</ul>`,
  });
}
