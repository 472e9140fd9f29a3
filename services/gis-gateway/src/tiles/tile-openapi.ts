import { MEDIA } from "../ogc/media-types.ts";
import type { TileSource } from "./tile-documents.ts";
import { TILE_MATRIX_SETS } from "./tile-matrix-set.ts";

type Json = Record<string, unknown>;

/** Content of every document. */
const DOCUMENT: Json = {
  [MEDIA.json]: { schema: { type: "object" } },
  "text/html": { schema: { type: "string" } },
};

/**
 * The OpenAPI 3.0 paths of tilesets and tiles.
 *
 * @param prefix prefix of the operation ids, whose suffixes are those of Tiles Part 1, table 11
 */
export function tilePaths({ path, title }: TileSource, prefix: string): Record<string, Json> {
  const root = `/${path.map(encodeURIComponent).join("/")}`;
  const set = parameter("tileMatrixSetId", {
    type: "string",
    enum: TILE_MATRIX_SETS.map(({ id }) => id),
  });
  const address = ["tileMatrix", "tileRow", "tileCol"].map((name) =>
    parameter(name, { type: "integer", minimum: 0 }),
  );
  const mvt = { [MEDIA.mvt]: { schema: { type: "string", format: "binary" } } };
  const operation = (name: string, summary: string, parameters: Json[], content: Json): Json => ({
    get: {
      tags: ["Tiles"],
      operationId: `${prefix}${name}`,
      summary: `${title}: ${summary}`,
      parameters,
      responses: {
        "200": { description: "The operation succeeded", content },
        ...(name === "getTile" ? { "204": { description: "The tile has no features" } } : {}),
        default: { $ref: "#/components/responses/Problem" },
      },
    },
  });
  return {
    [root]: operation("getTileSetsList", "tilesets", [], DOCUMENT),
    [`${root}/{tileMatrixSetId}`]: operation("getTileSet", "a tileset", [set], DOCUMENT),
    [`${root}/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}`]: operation(
      "getTile",
      "a tile",
      [set, ...address],
      mvt,
    ),
  };
}

/** The OpenAPI 3.0 paths of the tile matrix sets. */
export function tileMatrixSetPaths(): Record<string, Json> {
  const get = (name: string, summary: string, parameters: Json[]): Json => ({
    get: {
      tags: ["Tiles"],
      operationId: name,
      summary,
      parameters,
      responses: {
        "200": {
          description: "The operation succeeded",
          content: DOCUMENT,
        },
        default: { $ref: "#/components/responses/Problem" },
      },
    },
  });
  const set = parameter("tileMatrixSetId", {
    type: "string",
    enum: TILE_MATRIX_SETS.map(({ id }) => id),
  });
  return {
    "/tileMatrixSets": get("getTileMatrixSets", "The tile matrix sets", []),
    "/tileMatrixSets/{tileMatrixSetId}": get("getTileMatrixSet", "A tile matrix set", [set]),
  };
}

function parameter(name: string, schema: Json): Json {
  return { name, in: "path", required: true, schema };
}
