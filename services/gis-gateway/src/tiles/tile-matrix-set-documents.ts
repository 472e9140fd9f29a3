import { apiUrl, htmlLink } from "../ogc/link.ts";
import { MEDIA } from "../ogc/media-types.ts";
import { TILE_MATRIX_SETS, type TileMatrixSet } from "./tile-matrix-set.ts";

/** Link relation of the list of tile matrix sets. */
export const TILING_SCHEMES_REL = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";

/** Pixels along the side of a tile, on which scale denominators are based. */
const TILE_PIXELS = 256;
/** Side of a standardized rendering pixel in metres (OGC 17-083r4, 6.1.1). */
const PIXEL_METRES = 0.00028;
/** Metres per degree along the equator of WGS 84. */
const DEGREE_METRES = (6_378_137 * 2 * Math.PI) / 360;

/** The list of tile matrix sets. */
export function tileMatrixSetsDocument(base: string) {
  const url = apiUrl(base, "tileMatrixSets");
  return {
    links: [{ href: url, rel: "self", type: MEDIA.json, title: "This document" }, htmlLink(url)],
    tileMatrixSets: TILE_MATRIX_SETS.map(({ id, title, uri, crs }) => ({
      id,
      title,
      uri,
      crs,
      // The examples of OGC 17-083r4 have `self`, but the executable tests of the OGC require `item`.
      links: ["self", "item"].map((rel) => ({
        href: `${url}/${id}`,
        rel,
        type: MEDIA.json,
        title,
      })),
    })),
  };
}

/** One tile matrix set (OGC 17-083r4, clause 7 and annex D). */
export function tileMatrixSetDocument(set: TileMatrixSet) {
  const isInDegrees = set.srid === 4326;
  const metresPerUnit = isInDegrees ? DEGREE_METRES : 1;
  return {
    id: set.id,
    title: set.title,
    uri: set.uri,
    crs: set.crs,
    orderedAxes: isInDegrees ? ["Lon", "Lat"] : ["E", "N"],
    wellKnownScaleSet: `http://www.opengis.net/def/wkss/OGC/1.0/${isInDegrees ? "GoogleCRS84Quad" : "GoogleMapsCompatible"}`,
    tileMatrices: Array.from({ length: set.levels }, (_, matrix) => {
      const cellSize = set.width / 2 ** matrix / TILE_PIXELS;
      return {
        id: String(matrix),
        scaleDenominator: (cellSize * metresPerUnit) / PIXEL_METRES,
        cellSize,
        cornerOfOrigin: "topLeft",
        pointOfOrigin: [set.left, set.top],
        tileWidth: TILE_PIXELS,
        tileHeight: TILE_PIXELS,
        matrixWidth: set.columns * 2 ** matrix,
        matrixHeight: set.rows * 2 ** matrix,
      };
    }),
  };
}
