import { BoundValues, type Statement } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import { bboxConditions } from "../sql/bbox-filter.ts";
import { fencedConditions } from "../sql/fence.ts";
import { identifier, literal, qualified, unusedName } from "../sql/identifier.ts";
import { linearizedGeometry } from "../sql/linearized-geometry.ts";
import {
  bufferedBox,
  type TileAddress,
  type TileMatrixSet,
  tileSquare,
} from "./tile-matrix-set.ts";

/** Units along the side of a tile. */
const EXTENT = 4_096;
/** Buffer around a tile in the same units, so that lines and outlines have no seams. */
const BUFFER = 64;

/** Maximum number of features of a collection in a tile. Which ones are left out is arbitrary. */
const MAX_TILE_FEATURES = 50_000;

/** Column types that can be the id of a feature in a vector tile. */
const INTEGER_TYPES = new Set(["int2", "int4", "int8"]);

/**
 * A statement that returns one binary value: a Mapbox Vector Tile with the features that intersect the
 * tile, in one layer named after the collection. The value is empty if there are no features.
 *
 * @param wholeTable true if the spatial index cannot be used, because the square could not be transformed
 */
export function tileSql(
  bound: BoundLayer,
  set: TileMatrixSet,
  address: TileAddress,
  wholeTable = false,
): Statement {
  const square = tileSquare(set, address);
  const margin = ((square.xMax - square.xMin) * BUFFER) / EXTENT;
  const values = new BoundValues();
  const geometry = linearizedGeometry(bound, `t.${identifier(bound.geometry.name)}`);
  const transformed =
    bound.storage.srid === set.srid ? geometry : `st_transform(${geometry}, ${set.srid})`;
  const corner = (x: number, y: number) =>
    `st_makepoint(${values.add(x)}::float8, ${values.add(y)}::float8)`;
  const box = `st_makebox2d(${corner(square.xMin, square.yMin)}, ${corner(square.xMax, square.yMax)})`;
  const taken = new Set(bound.properties.map(({ property }) => property.name));
  const [shape, idName] = [unusedName("$geometry", taken), unusedName("$id", taken)];
  const hasId = INTEGER_TYPES.has(bound.key.type);
  const columns = [
    `st_asmvtgeom(${transformed}, ${box}, ${EXTENT}, ${BUFFER}) as ${identifier(shape)}`,
    ...(hasId ? [`t.${identifier(bound.key.name)}::int8 as ${identifier(idName)}`] : []),
    ...bound.properties.map(
      ({ property, column }) => `${tileValue(column)} as ${identifier(property.name)}`,
    ),
  ];
  const around = bufferedBox(set, square, margin);
  const intersectsTile = bboxConditions(bound, [around], values, {
    wholeTable,
    mayLackGeometries: false,
  });
  const filters = fencedConditions(bound, intersectsTile, values);
  const id = hasId ? `, ${literal(idName)}` : "";
  return {
    text: `select st_asmvt(q, ${literal(bound.layer.id)}, ${EXTENT}, ${literal(shape)}${id}) as tile
from (select ${columns.join(", ")}
  from ${qualified(bound.table)} t
  where ${filters.join(" and ")}
  limit ${MAX_TILE_FEATURES}) q
where q.${identifier(shape)} is not null`,
    values: values.all(),
    isBinary: true,
  };
}

/** SQL for a property in a value type of vector tiles: number, boolean, or text as in GeoJSON. */
function tileValue(column: CatalogColumn): string {
  const value = `t.${identifier(column.name)}`;
  switch (column.type) {
    case "int2":
    case "int4":
    case "int8":
    case "bool":
    case "float4":
    case "float8":
      return value;
    case "numeric":
      return `${value}::float8`;
    case "timestamptz":
      return `(to_json(${value} at time zone 'UTC') #>> '{}') || 'Z'`;
    case "timestamp":
      return `(to_json(${value}) #>> '{}') || 'Z'`;
    case "json":
    case "jsonb":
      return `${value}::text`;
    default:
      return column.category === "A" ? `to_json(${value})::text` : `${value}::text`;
  }
}
