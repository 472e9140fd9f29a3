import { apiUrl, type Link } from "../ogc/link.ts";
import type { Collection } from "../release/collection.ts";
import type { RenderFeatureTable } from "./feature-table.ts";
import { mapFigure } from "./map-figure.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { parseGeojson, type ViewFeature } from "./parse-geojson.ts";
import { type Site, sitePath } from "./site.ts";
import { renderView } from "./view-layout.ts";

/** Maximum number of features in a view. */
export const MAX_VIEW_FEATURES = 100;

/** Removed, because it would change the view and its ETag with every request. */
const TIME_STAMP = /,"timeStamp":"[^"]*"(?=\}$)/;

interface FeaturePage {
  numberMatched?: number;
  numberReturned: number;
  links: Link[];
  features: ViewFeature[];
}

/** The collection with the page limits of a view. */
export function withViewLimits(collection: Collection): Collection {
  const { limits } = collection;
  return {
    ...collection,
    limits: {
      default: Math.min(limits.default, MAX_VIEW_FEATURES),
      max: Math.min(limits.max, MAX_VIEW_FEATURES),
    },
  };
}

/**
 * Renders the page of features in a GeoJSON document.
 *
 * @param table renderer of this collection's table
 * @param requestQuery the query of the request, which links to other pages and formats keep
 */
export function renderItemsView(
  site: Site,
  { layer }: Collection,
  table: RenderFeatureTable,
  geojson: string,
  requestQuery: string,
): string {
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const featurePage = parseGeojson<FeaturePage>(geojson);
  const query = new URLSearchParams(requestQuery);
  query.set("f", "json");
  const pages = (label: string) =>
    pageNavigation(site, featurePage.links, path("items"), requestQuery, label);
  return renderView(site, {
    title: `Features of ${layer.title}`,
    breadcrumbs: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title, href: path() },
      { title: "Features" },
    ],
    json: `${path("items")}?${query}`,
    hasMap: true,
    main: html`<h1>Features of ${layer.title}</h1>
<p class="lead">${countText(featurePage)}</p>
${
  featurePage.features.length > 0 && [
    mapFigure(site, [layer], {
      label: `Map of the features on this page`,
      alternative: "The table below lists all features on the map.",
      features: geojson.replace(TIME_STAMP, ""),
    }),
    pages("Pages, before the table"),
    table(featurePage.features, path("items")),
  ]
}
${pages("Pages")}`,
  });
}

function countText({ numberMatched, numberReturned, links }: FeaturePage): string {
  if (numberReturned === 0) return "No features found.";
  const features = `${numberReturned} ${numberReturned === 1 ? "feature" : "features"}`;
  if (numberMatched !== undefined && numberMatched !== numberReturned) {
    return `${features} of ${numberMatched}.`;
  }
  const more = links.some(({ rel }) => rel === "next");
  return more ? `${features} on this page. The next page has more.` : `${features}.`;
}

/** Links to the neighbouring pages, and to the first page if this is another one. */
function pageNavigation(
  site: Site,
  links: readonly Link[],
  items: string,
  requestQuery: string,
  label: string,
): Markup | false {
  const query = new URLSearchParams(requestQuery);
  const isLaterPage = query.has("cursor") || query.has("offset");
  query.delete("cursor");
  query.delete("offset");
  const firstPage = query.size === 0 ? items : `${items}?${query}`;
  const linkTo = (rel: string) => links.find((link) => link.rel === rel);
  const step = (rel: string, title: string): Content => {
    const link = linkTo(rel);
    return link && html`<li><a href="${sitePath(site, link.href)}" rel="${rel}">${title}</a></li>`;
  };
  const steps = [
    isLaterPage && html`<li><a href="${firstPage}">First page</a></li>`,
    step("prev", "Previous page"),
    step("next", "Next page"),
  ].filter((entry) => entry !== undefined && entry !== false);
  return (
    steps.length > 0 &&
    html`<nav class="pages" aria-label="${label}"><ul class="row">${steps}</ul></nav>`
  );
}
