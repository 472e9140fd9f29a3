import type { Layer } from "@honua/contracts";
import { apiUrl } from "../ogc/link.ts";
import { html, jsonBlock, type Markup } from "./markup.ts";
import type { Site } from "./site.ts";

const FEATURES_ID = "map-features";

/** The vector tiles of a map. */
export interface MapTiles {
  /** Path with `{z}`, `{y}` and `{x}`. */
  template: string;
  minZoom: number;
  maxZoom: number;
}

/**
 * Renders a map. A script draws features from the view itself, from `source` or from tiles. The map
 * is hidden without JavaScript.
 *
 * @param layers the layers on the map; several layers require tiles
 * @param options.features GeoJSON text to embed in the view
 * @param options.source path of the features if they are not embedded
 * @param options.alternative where the same information is available without a map
 */
export function mapFigure(
  site: Site,
  layers: readonly Layer[],
  options: {
    label: string;
    alternative: string;
    features?: string;
    source?: string;
    tiles?: MapTiles | undefined;
    bbox?: readonly number[] | undefined;
  },
): Markup {
  const { label, alternative, features, source, tiles, bbox } = options;
  const layerData = layers.map(({ id, properties }) => ({
    id,
    items: apiUrl(site.root, "collections", id, "items"),
    titles: properties.map(({ name, title }) => [name, title ?? name]),
  }));
  return html`<figure class="map">
<div id="map" data-label="${label}" data-state="loading" data-layers="${JSON.stringify(layerData)}"
  ${bbox && html`data-bbox="${bbox.join(",")}"`}
  ${tiles && html`data-tiles="${tiles.template}" data-minzoom="${tiles.minZoom}" data-maxzoom="${tiles.maxZoom}"`}
  ${source !== undefined && html`data-source="${source}"`}></div>
<figcaption><span id="map-status" role="status">The map is loading.</span>
<span>${alternative}</span>
${site.attribution !== undefined && html`<span>${site.attribution}</span>`}</figcaption>
</figure>
<noscript><p class="note">The map needs JavaScript. ${alternative}</p></noscript>
${features !== undefined && jsonBlock(FEATURES_ID, features)}`;
}
