import type { landingPage as landingDocument } from "../http/documents/landing-page.ts";
import { apiUrl } from "../http/documents/link.ts";
import { MEDIA } from "../http/media-types.ts";
import { html } from "./markup.ts";
import { page } from "./page.ts";
import { pathOf, type Site } from "./site.ts";

/** Links to the page itself, and the one that it shows as a button. */
const ELSEWHERE = new Set(["self", "alternate", "data"]);

export function landingPage(site: Site, document: ReturnType<typeof landingDocument>): string {
  const links = document.links.filter(({ rel }) => !ELSEWHERE.has(rel));
  return page(site, {
    trail: [],
    json: `${apiUrl(site.root)}?f=json`,
    main: html`<h1>${document.title}</h1>
${document.description !== undefined && html`<p class="lead">${document.description}</p>`}
<p><a class="button" href="${apiUrl(site.root, "collections")}">Browse the collections</a></p>
<h2>This API</h2>
<ul class="links">${links.map(({ href, title, rel, type }) => {
      // A browser that follows the link would get the page instead.
      const address = `${pathOf(site, href)}${type === MEDIA.openapi ? "?f=json" : ""}`;
      const kind = type !== MEDIA.json && type !== "text/html" && type;
      return html`<li><a href="${address}">${title ?? rel}</a>${kind && html` <span class="note">${kind}</span>`}</li>`;
    })}</ul>`,
  });
}
