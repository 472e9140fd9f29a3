import { apiUrl, type Link } from "../ogc/link.ts";
import { MEDIA } from "../ogc/media-types.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import { html } from "./markup.ts";
import { type Site, sitePath } from "./site.ts";
import { renderView } from "./view-layout.ts";

/** Link relations that the view omits: the document itself, and collections, which it lists. */
const OMITTED_RELATIONS = new Set(["self", "alternate", "data"]);
/** Listed collections; the view of all collections lists the others. */
const MAX_LISTED_COLLECTIONS = 12;

/** The parts of the landing document that the view shows. */
interface LandingContent {
  title: string;
  description?: string;
  links: readonly Link[];
}

export function renderLandingView(
  site: Site,
  document: LandingContent,
  { collections }: ActiveRelease,
): string {
  const links = document.links.filter(({ rel }) => !OMITTED_RELATIONS.has(rel));
  const listed = [...collections.values()].slice(0, MAX_LISTED_COLLECTIONS).map(
    ({
      layer,
    }) => html`<li><a href="${apiUrl(site.root, "collections", layer.id)}">${layer.title}</a>${
      layer.description !== undefined && html` <span class="note">${layer.description}</span>`
    }</li>
`,
  );
  return renderView(site, {
    breadcrumbs: [],
    json: `${apiUrl(site.root)}?f=json`,
    main: html`<h1>${document.title}</h1>
${document.description !== undefined && html`<p class="lead">${document.description}</p>`}
<p><a class="button" href="${apiUrl(site.root, "collections")}">Browse the collections</a></p>
${
  listed.length > 0 &&
  html`<h2>Collections</h2>
<ul class="links">${listed}</ul>
${collections.size > MAX_LISTED_COLLECTIONS && html`<p class="note">The first ${MAX_LISTED_COLLECTIONS} of ${collections.size} collections.</p>`}`
}
<h2>This API</h2>
<ul class="links">${links.map(({ href, title, rel, type }) => {
      // Without `f=json`, a browser that follows the link would get the HTML view.
      const isOpenApi = type === MEDIA.openapi;
      const address = `${sitePath(site, href)}${isOpenApi ? "?f=json" : ""}`;
      return html`<li><a href="${address}">${title ?? rel}</a>${isOpenApi && html` <span class="note">OpenAPI 3.0</span>`}</li>
`;
    })}</ul>`,
  });
}
