import { apiUrl } from "../http/documents/link.ts";
import { html } from "./markup.ts";
import { page, webLink } from "./page.ts";
import type { Site } from "./site.ts";

export function conformancePage(
  site: Site,
  { conformsTo }: { conformsTo: readonly string[] },
): string {
  return page(site, {
    title: "Conformance",
    trail: [{ title: "Conformance" }],
    json: `${apiUrl(site.root, "conformance")}?f=json`,
    main: html`<h1>Conformance</h1>
<p class="lead">The classes of the OGC API standards that this API passes.</p>
<ul class="links">${conformsTo.map((uri) => html`<li>${webLink(uri)}</li>`)}</ul>`,
  });
}
