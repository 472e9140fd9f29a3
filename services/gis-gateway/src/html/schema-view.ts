import { apiUrl } from "../ogc/link.ts";
import type { Collection } from "../release/collection.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { renderView } from "./view-layout.ts";

/** Title and introduction for each kind of a collection's JSON Schema. */
const KINDS = {
  queryables: { title: "Queryables", lead: "The properties by which features can be filtered." },
  schema: { title: "Schema", lead: "The properties of the features." },
} as const;

export function renderSchemaView(
  site: Site,
  { layer }: Collection,
  kind: keyof typeof KINDS,
  schema: PropertySchema,
): string {
  const { title, lead } = KINDS[kind];
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const properties = Object.entries(schema.properties as Record<string, PropertySchema>);
  const columns = COLUMNS.filter(
    ({ title, of }) => title === "Type" || properties.some(([, property]) => of(property) !== ""),
  );
  const rows = properties.map(
    ([
      name,
      property,
    ]) => html`<tr><th scope="row"><code>${name}</code></th>${columns.map(({ of }) => html`<td>${of(property)}</td>`)}</tr>
`,
  );
  return renderView(site, {
    title: `${title} of ${layer.title}`,
    breadcrumbs: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title, href: path() },
      { title },
    ],
    json: `${path(kind)}?f=json`,
    main: html`<h1>${title} of ${layer.title}</h1>
<p class="lead">${lead}</p>
<div class="table" role="region" aria-label="${title}" tabindex="0">
<table><caption class="visually-hidden">${title} of ${layer.title}</caption>
<thead><tr><th scope="col">Name</th>${columns.map((column) => html`<th scope="col">${column.title}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>
</div>`,
  });
}

/** The columns of a table of properties. Columns without any text are left out. */
const COLUMNS: readonly { title: string; of: (property: PropertySchema) => string }[] = [
  {
    title: "Type",
    of: (property) =>
      [text(property, "type"), text(property, "format")].filter(Boolean).join(", ") || "any",
  },
  { title: "Title", of: (property) => text(property, "title") },
  {
    title: "Description",
    of(property) {
      const { enum: values } = property;
      const choice = Array.isArray(values) ? `One of: ${values.join(", ")}.` : "";
      return [text(property, "description"), choice].filter(Boolean).join(" ");
    },
  },
  { title: "Unit", of: (property) => text(property, "x-ogc-unit") },
];

type PropertySchema = Readonly<Record<string, unknown>>;

function text(property: PropertySchema, key: string): string {
  return property[key] === undefined ? "" : String(property[key]);
}
