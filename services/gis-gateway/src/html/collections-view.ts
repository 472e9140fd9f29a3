import { apiUrl } from "../ogc/link.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import { bboxText, intervalText } from "./extent-text.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { definitionList, renderView } from "./view-layout.ts";

export function renderCollectionsView(site: Site, { collections, extents }: ActiveRelease): string {
  const entries = [...collections.values()].map(({ layer, unavailable }) => {
    const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
    const extent = extents.get(layer.id) ?? {};
    return html`<li>
<div><h2><a href="${path()}">${layer.title}</a></h2>
${layer.description !== undefined && html`<p>${layer.description}</p>`}
${unavailable !== undefined && html`<p class="note">Its features are temporarily unavailable.</p>`}
<p><a href="${path("items")}" aria-label="Features of ${layer.title}">Features</a></p></div>
${definitionList([
  ["Extent", bboxText(extent)],
  ["Time", intervalText(extent)],
])}
</li>`;
  });
  return renderView(site, {
    title: "Collections",
    breadcrumbs: [{ title: "Collections" }],
    json: `${apiUrl(site.root, "collections")}?f=json`,
    main: html`<h1>Collections</h1>
${
  entries.length === 0
    ? html`<p>This release has no collections.</p>`
    : html`<ul class="entries">${entries}</ul>`
}`,
  });
}
