import { apiUrl } from "../ogc/link.ts";
import { type Content, html, type Markup } from "./markup.ts";
import type { Site } from "./site.ts";
import { renderView } from "./view-layout.ts";

/** The parts of an OpenAPI document that the view shows. */
export interface ApiDefinition {
  info: { title: string; description?: string; version: string };
  servers: { url: string }[];
  tags: { name: string; description?: string }[];
  paths: Record<string, { get: Operation }>;
  components: { parameters: Record<string, unknown> };
}

interface Operation {
  tags: string[];
  summary: string;
  parameters: (Parameter | Reference)[];
  responses: Record<string, { content?: Record<string, unknown> }>;
}

interface Parameter {
  name: string;
  in: string;
  description?: string;
  required?: boolean;
  schema: Record<string, unknown>;
}

interface Reference {
  $ref: string;
}

/** Renders the API definition. */
export function renderApiView(site: Site, definition: ApiDefinition): string {
  const { info, servers, tags, paths } = definition;
  const operations = Object.entries(paths).map(([path, { get }]) => ({ path, operation: get }));
  const sections = tags.map(
    ({ name, description }) => html`<h2>${name}</h2>
${description !== undefined && html`<p>${description}.</p>`}
${operations
  .filter(({ operation }) => operation.tags.includes(name))
  .map(({ path, operation }) => operationDetails(definition, path, operation))}`,
  );
  return renderView(site, {
    title: "API",
    breadcrumbs: [{ title: "API" }],
    json: `${apiUrl(site.root, "api")}?f=json`,
    main: html`<h1>API</h1>
${info.description !== undefined && html`<p class="lead">${info.description}</p>`}
<p>Every path below starts with <code>${servers[0]?.url}</code> and is read with GET.
The definition is also available as an <a href="${`${apiUrl(site.root, "api")}?f=json`}">OpenAPI 3.0 document</a>.</p>
${sections}`,
  });
}

function operationDetails(api: ApiDefinition, path: string, operation: Operation): Markup {
  const parameters = operation.parameters.map((parameter) => resolve(api, parameter));
  const types = Object.keys(operation.responses["200"]?.content ?? {});
  return html`<details>
<summary><span class="operation"><code>${path}</code> <span class="note">${operation.summary}</span></span></summary>
${
  parameters.length > 0 &&
  html`<div class="table" role="region" aria-label="Parameters of ${path}" tabindex="0">
<table><caption class="visually-hidden">Parameters of ${path}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>
<tbody>${parameters.map(
    ({ name, in: place, required, schema, description }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${place}${required === true && ", required"}</td><td>${valueText(schema)}</td><td>${description}</td></tr>
`,
  )}</tbody></table>
</div>`
}
<p>Responds with ${types.map((type, index) => html`${index > 0 && " or "}<code>${type}</code>`)}.</p>
</details>`;
}

function resolve({ components }: ApiDefinition, parameter: Parameter | Reference): Parameter {
  if (!("$ref" in parameter)) return parameter;
  const name = parameter.$ref.slice(parameter.$ref.lastIndexOf("/") + 1);
  return components.parameters[name] as Parameter;
}

/** Listed values of an enumeration, which may contain thousands of collections. */
const MAX_LISTED_VALUES = 20;

function valueText({
  type,
  format,
  enum: values,
  minimum,
  maximum,
  default: defaultValue,
}: Record<string, unknown>): Content {
  const listed = Array.isArray(values) ? values.slice(0, MAX_LISTED_VALUES).map(String) : [];
  const ellipsis = Array.isArray(values) && values.length > MAX_LISTED_VALUES ? ", …" : "";
  return [
    format === undefined ? String(type ?? "any") : `${type} (${format})`,
    listed.length > 0 ? `: ${listed.join(", ")}${ellipsis}` : "",
    minimum === undefined ? "" : `, from ${minimum}`,
    maximum === undefined ? "" : ` to ${maximum}`,
    defaultValue === undefined ? "" : `, default ${defaultValue}`,
  ].join("");
}
