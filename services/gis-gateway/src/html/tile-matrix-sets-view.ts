import { apiUrl } from "../ogc/link.ts";
import { TILE_MATRIX_SETS } from "../tiles/tile-matrix-set.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { renderView } from "./view-layout.ts";

export function renderTileMatrixSetsView(site: Site): string {
  const path = (...segments: string[]) => apiUrl(site.root, "tileMatrixSets", ...segments);
  return renderView(site, {
    title: "Tile matrix sets",
    breadcrumbs: [{ title: "Tile matrix sets" }],
    json: `${path()}?f=json`,
    main: html`<h1>Tile matrix sets</h1>
<p class="lead">The tile grids of this API.</p>
<ul class="links">${TILE_MATRIX_SETS.map(
      ({ id, title }) =>
        html`<li><a href="${path(id)}">${id}</a> <span class="note">${title}</span></li>
`,
    )}</ul>`,
  });
}
