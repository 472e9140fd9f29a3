import type { featureSchema } from "../http/documents/json-schema.ts";
import { apiUrl } from "../http/documents/link.ts";
import type { Collection } from "../release/collection.ts";
import { html } from "./markup.ts";
import { page } from "./page.ts";
import type { Site } from "./site.ts";

/** What both kinds of a collection's JSON Schema are called on their pages. */
const KINDS = {
  queryables: { title: "Queryables", lead: "What the features can be filtered by." },
  schema: { title: "Schema", lead: "What the features consist of." },
} as const;

export function schemaPage(
  site: Site,
  { layer }: Collection,
  kind: keyof typeof KINDS,
  schema: ReturnType<typeof featureSchema>,
): string {
  const { title, lead } = KINDS[kind];
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const properties = Object.entries(schema.properties as Record<string, Record<string, unknown>>);
  const rows = properties.map(([name, property]) => {
    const text = (key: string) => (property[key] === undefined ? "" : String(property[key]));
    const type = [text("type"), text("format")].filter((part) => part !== "").join(", ");
    const { enum: values } = property;
    return html`<tr><th scope="row"><code>${name}</code></th><td>${type || "any"}</td><td>${text("title")}</td><td>${text("description")}${
      Array.isArray(values) && html` One of: ${values.join(", ")}.`
    }</td><td>${text("x-ogc-unit")}</td></tr>
`;
  });
  return page(site, {
    title: `${title} of ${layer.title}`,
    trail: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title, href: path() },
      { title },
    ],
    json: `${path(kind)}?f=json`,
    main: html`<h1>${title} of ${layer.title}</h1>
<p class="lead">${lead}</p>
<div class="table" role="region" aria-label="${title}" tabindex="0">
<table><caption>${title} of ${layer.title}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Title</th><th scope="col">Description</th><th scope="col">Unit</th></tr></thead>
<tbody>${rows}</tbody></table>
</div>`,
  });
}
