import { apiUrl } from "../http/documents/link.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";
import { bboxText, intervalText } from "./extent-text.ts";
import { SHOWN_FEATURES } from "./items-page.ts";
import { mapFigure } from "./map-figure.ts";
import { html } from "./markup.ts";
import { facts, page, webLink } from "./page.ts";
import type { Site } from "./site.ts";

/** A collection; the features on its map are read by the browser, so that the page needs no query. */
export function collectionPage(
  site: Site,
  { layer, service, unavailable }: Collection,
  { extents }: ActiveRelease,
): string {
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const extent = extents.get(layer.id) ?? {};
  return page(site, {
    title: layer.title,
    trail: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title },
    ],
    json: `${path()}?f=json`,
    hasMap: true,
    main: html`<h1>${layer.title}</h1>
${layer.description !== undefined && html`<p class="lead">${layer.description}</p>`}
${unavailable !== undefined && html`<p class="problem">Its features cannot be read now.</p>`}
<p><a class="button" href="${path("items")}">Browse the features</a></p>
${mapFigure(site, layer, {
  label: `Map of ${layer.title}`,
  alternative: "The features are also listed as a table.",
  source: `${path("items")}?f=json&limit=${SHOWN_FEATURES}`,
  bbox: extent.bbox,
})}
<h2>About</h2>
${facts([
  ["Id", html`<code>${layer.id}</code>`],
  ["Service", service.title],
  ["Keywords", layer.keywords.join(", ")],
  ["Where", bboxText(extent)],
  ["When", intervalText(extent)],
  ["Geometries", layer.geometryType],
  ["License", service.license === undefined ? undefined : webLink(service.license)],
])}
<h2>More</h2>
<ul class="links">
<li><a href="${path("queryables")}">Queryables: what features can be filtered by</a></li>
<li><a href="${path("schema")}">Schema: what features consist of</a></li>
</ul>`,
  });
}
