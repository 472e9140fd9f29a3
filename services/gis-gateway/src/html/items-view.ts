import { apiUrl, type Link } from "../ogc/link.ts";
import type { Collection } from "../release/collection.ts";
import type { RenderFeatureTable } from "./feature-table.ts";
import { mapFigure } from "./map-figure.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { parseGeojson, type ViewFeature } from "./parse-geojson.ts";
import { type Site, sitePath } from "./site.ts";
import { renderView } from "./view-layout.ts";

/** Features that one page shows at the most. */
export const MAX_VIEW_FEATURES = 100;

/** Left out, because it would make the same page another one each time. */
const TIME_STAMP = /,"timeStamp":"[^"]*"(?=\}$)/;

interface FeaturePage {
  numberMatched?: number;
  numberReturned: number;
  links: Link[];
  features: ViewFeature[];
}

/** The collection with the limits of a page that people read. */
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
 * The page of features that a GeoJSON document holds.
 *
 * @param table made for this collection
 * @param asked the query, in which the links to other pages and representations are made
 */
export function renderItemsView(
  site: Site,
  { layer }: Collection,
  table: RenderFeatureTable,
  geojson: string,
  asked: string,
): string {
  const path = (...segments: string[]) => apiUrl(site.root, "collections", layer.id, ...segments);
  const shown = parseGeojson<FeaturePage>(geojson);
  const query = new URLSearchParams(asked);
  query.set("f", "json");
  const pages = (label: string) => paging(site, shown.links, path("items"), asked, label);
  return renderView(site, {
    title: `Features of ${layer.title}`,
    trail: [
      { title: "Collections", href: apiUrl(site.root, "collections") },
      { title: layer.title, href: path() },
      { title: "Features" },
    ],
    json: `${path("items")}?${query}`,
    hasMap: true,
    main: html`<h1>Features of ${layer.title}</h1>
<p class="lead">${countText(shown)}</p>
${
  shown.features.length > 0 && [
    mapFigure(site, [layer], {
      label: `Map of the features on this page`,
      alternative: "The table below has all features of the map.",
      features: geojson.replace(TIME_STAMP, ""),
    }),
    pages("Pages, before the table"),
    table(shown.features, path("items")),
  ]
}
${pages("Pages")}`,
  });
}

function countText({ numberMatched, numberReturned, links }: FeaturePage): string {
  if (numberReturned === 0) return "No features here.";
  const features = `${numberReturned} ${numberReturned === 1 ? "feature" : "features"}`;
  if (numberMatched !== undefined && numberMatched !== numberReturned) {
    return `${features} of ${numberMatched}.`;
  }
  const more = links.some(({ rel }) => rel === "next");
  return more ? `${features} on this page, and more on the next.` : `${features}.`;
}

/** Ways to the other pages; a page from the middle leads back to the first. */
function paging(
  site: Site,
  links: readonly Link[],
  items: string,
  asked: string,
  label: string,
): Markup | false {
  const query = new URLSearchParams(asked);
  const isInside = query.has("cursor") || query.has("offset");
  query.delete("cursor");
  query.delete("offset");
  const others = query.size === 0 ? items : `${items}?${query}`;
  const linkTo = (rel: string) => links.find((link) => link.rel === rel);
  const step = (rel: string, title: string): Content => {
    const link = linkTo(rel);
    return link && html`<li><a href="${sitePath(site, link.href)}" rel="${rel}">${title}</a></li>`;
  };
  const steps = [
    isInside && html`<li><a href="${others}">First page</a></li>`,
    step("prev", "Previous page"),
    step("next", "Next page"),
  ].filter((entry) => entry !== undefined && entry !== false);
  return (
    steps.length > 0 &&
    html`<nav class="pages" aria-label="${label}"><ul class="row">${steps}</ul></nav>`
  );
}
