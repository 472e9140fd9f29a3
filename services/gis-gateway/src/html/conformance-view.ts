import { apiUrl } from "../ogc/link.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { renderView } from "./view-layout.ts";

/** Titles of standards by their name in the URIs of conformance classes. */
const STANDARDS: Readonly<Record<string, string>> = {
  "ogcapi-common-1": "OGC API – Common, Part 1: Core",
  "ogcapi-common-2": "OGC API – Common, Part 2: Geospatial Data",
  "ogcapi-features-1": "OGC API – Features, Part 1: Core",
  "ogcapi-features-2": "OGC API – Features, Part 2: Coordinate Reference Systems",
  "ogcapi-features-3": "OGC API – Features, Part 3: Filtering",
  "ogcapi-features-5": "OGC API – Features, Part 5: Schemas",
  "ogcapi-tiles-1": "OGC API – Tiles, Part 1: Core",
  cql2: "Common Query Language (CQL2)",
  "json-fg-1": "Features and Geometries JSON, Part 1: Core",
};
/** http://www.opengis.net/spec/{standard}/{version}/conf/{class} */
const CLASS = /\/spec\/([^/]+)\/[^/]+\/conf\/(.+)$/;

export function renderConformanceView(
  site: Site,
  { conformsTo }: { conformsTo: readonly string[] },
): string {
  const groups = Map.groupBy(conformsTo, (uri) => CLASS.exec(uri)?.[1] ?? uri);
  const rows = [...groups].map(
    ([standard, uris]) => html`<div><dt>${STANDARDS[standard] ?? standard}</dt>
<dd><ul class="row">${uris.map((uri) => html`<li><a href="${uri}">${CLASS.exec(uri)?.[2] ?? uri}</a></li>`)}</ul></dd></div>
`,
  );
  return renderView(site, {
    title: "Conformance",
    breadcrumbs: [{ title: "Conformance" }],
    json: `${apiUrl(site.root, "conformance")}?f=json`,
    main: html`<h1>Conformance</h1>
<p class="lead">The conformance classes of this API.</p>
<dl class="facts wide-terms">${rows}</dl>`,
  });
}
