import { apiUrl } from "../ogc/link.ts";
import type { tileMatrixSetDocument } from "../tiles/tile-matrix-set-documents.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { definitionList, renderView, webLink } from "./view-layout.ts";

/** Scales and cell sizes are rounded to meaningful digits. */
const SCALE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const CELL = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });

export function renderTileMatrixSetView(
  site: Site,
  set: ReturnType<typeof tileMatrixSetDocument>,
): string {
  const path = (...segments: string[]) => apiUrl(site.root, "tileMatrixSets", ...segments);
  const unit = set.orderedAxes[0] === "E" ? "m" : "°";
  const rows = set.tileMatrices.map(
    (
      matrix,
    ) => html`<tr><th scope="row">${matrix.id}</th><td class="number">1 : ${SCALE.format(matrix.scaleDenominator)}</td><td class="number">${CELL.format(matrix.cellSize)} ${unit}</td><td class="number">${matrix.matrixWidth} × ${matrix.matrixHeight}</td></tr>
`,
  );
  return renderView(site, {
    title: set.id,
    breadcrumbs: [{ title: "Tile matrix sets", href: path() }, { title: set.id }],
    json: `${path(set.id)}?f=json`,
    main: html`<h1>${set.id}</h1>
<p class="lead">${set.title}</p>
${definitionList([
  ["CRS", webLink(set.crs)],
  ["URI", webLink(set.uri)],
  ["Tiles", "256 × 256, numbered from the upper left"],
])}
<h2>Levels</h2>
<div class="table" role="region" aria-label="Levels of ${set.id}" tabindex="0">
<table><caption class="visually-hidden">Levels of ${set.id}</caption>
<thead><tr><th scope="col">Level</th><th scope="col" class="number">Scale</th><th scope="col" class="number">Cell</th><th scope="col" class="number">Columns × rows</th></tr></thead>
<tbody>${rows}</tbody></table>
</div>`,
  });
}
