import { apiUrl } from "../ogc/link.ts";
import { sourceTileMatrixSets, type TileSource, zoomRange } from "../tiles/tile-documents.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { tilesBreadcrumbs } from "./tiles-breadcrumbs.ts";
import { definitionList, renderView } from "./view-layout.ts";

/** The tilesets of a collection, or of all collections together. */
export function renderTilesetsView(site: Site, tiled: TileSource): string {
  const root = apiUrl(site.root, ...tiled.path);
  const entries = sourceTileMatrixSets(tiled).map((set) => {
    const { minZoom, maxZoom } = zoomRange(set, tiled);
    return html`<li>
<div><h2><a href="${`${root}/${set.id}`}">${set.id}</a></h2>
<p>${set.title}</p></div>
${definitionList([
  ["Levels", `${minZoom} to ${maxZoom}`],
  ["System", html`<code>${set.crs.replace(/^.*\/def\/crs\//, "")}</code>`],
])}
</li>`;
  });
  return renderView(site, {
    title: `Tiles of ${tiled.title}`,
    trail: [...tilesBreadcrumbs(site, tiled), { title: "Tiles" }],
    json: `${root}?f=json`,
    main: html`<h1>Tiles of ${tiled.title}</h1>
<p class="lead">Vector tiles for maps in browsers and on phones.</p>
<ul class="entries">${entries}</ul>`,
  });
}
