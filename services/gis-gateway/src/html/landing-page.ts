import type { landingPage as landingDocument } from "../http/documents/landing-page.ts";
import { apiUrl } from "../http/documents/link.ts";
import { MEDIA } from "../http/media-types.ts";
import { html } from "./markup.ts";
import { page } from "./page.ts";
import { pathOf, type Site } from "./site.ts";

/** Links that lead to the page itself, or that the page's header has. */
const SELF = new Set(["self", "alternate"]);

export function landingPage(site: Site, document: ReturnType<typeof landingDocument>): string {
  const links = document.links.filter(({ rel }) => !SELF.has(rel));
  return page(site, {
    trail: [],
    json: `${apiUrl(site.root)}?f=json`,
    main: html`<h1>${document.title}</h1>
${document.description !== undefined && html`<p class="lead">${document.description}</p>`}
<p><a class="button" href="${apiUrl(site.root, "collections")}">Browse the collections</a></p>
<h2>This API</h2>
<ul class="links">${links.map(
      ({ href, title, rel, type }) =>
        html`<li><a href="${pathOf(site, href)}">${title ?? rel}</a>${
          type !== undefined && type !== MEDIA.json && html` <span class="note">${type}</span>`
        }</li>`,
    )}</ul>`,
  });
}
