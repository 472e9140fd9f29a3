import type { Layer } from "@honua/contracts";
import { apiUrl } from "../http/documents/link.ts";
import { html, jsonBlock, type Markup } from "./markup.ts";
import type { Site } from "./site.ts";

const FEATURES_ID = "map-features";

/**
 * A map, which a script fills from the page itself or from `source`. Browsers without scripts leave
 * it out.
 *
 * @param options.features GeoJSON text
 * @param options.source path of the features when they are not in the page
 * @param options.alternative what says the same without a map
 */
export function mapFigure(
  site: Site,
  layer: Layer,
  options: {
    label: string;
    alternative: string;
    features?: string;
    source?: string;
    bbox?: readonly number[] | undefined;
  },
): Markup {
  const { label, alternative, features, source, bbox } = options;
  const titles = layer.properties.map(({ name, title }) => [name, title ?? name]);
  return html`<figure class="map">
<div id="map" data-label="${label}" data-state="loading" data-titles="${JSON.stringify(titles)}"
  data-items="${apiUrl(site.root, "collections", layer.id, "items")}"
  ${bbox && html`data-bbox="${bbox.join(",")}"`}
  ${source !== undefined && html`data-source="${source}"`}></div>
<figcaption><span id="map-status" role="status">The map is loading.</span>
<span>${alternative}</span>
${site.attribution !== undefined && html`<span>${site.attribution}</span>`}</figcaption>
</figure>
<noscript><p class="note">The map needs JavaScript. ${alternative}</p></noscript>
${features !== undefined && jsonBlock(FEATURES_ID, features)}`;
}
