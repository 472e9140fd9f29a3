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
/** Units around a tile that features are kept in, so that lines and outlines have no seams. */
const BUFFER = 64;

/** Features of one collection that a tile holds at the most; an arbitrary choice of more. */
const MAX_TILE_FEATURES = 50_000;

/** Types that a feature of a vector tile can have as its id. */
const WHOLE_NUMBERS = new Set(["int2", "int4", "int8"]);

/**
 * Gives one row of one value, in binary: a Mapbox Vector Tile with the features that meet the square as one
 * layer, named like the collection; empty without any.
 *
 * @param wholeTable true: do without the spatial index, because the square could not be projected
 */
export function tileSql(
  bound: BoundLayer,
  set: TileMatrixSet,
  address: TileAddress,
  wholeTable = false,
): Statement {
  const square = tileSquare(set, address);
  const room = ((square.xMax - square.xMin) * BUFFER) / EXTENT;
  const values = new BoundValues();
  const geometry = linearizedGeometry(bound, `t.${identifier(bound.geometry.name)}`);
  const moved =
    bound.storage.srid === set.srid ? geometry : `st_transform(${geometry}, ${set.srid})`;
  const corner = (x: number, y: number) =>
    `st_makepoint(${values.add(x)}::float8, ${values.add(y)}::float8)`;
  const box = `st_makebox2d(${corner(square.xMin, square.yMin)}, ${corner(square.xMax, square.yMax)})`;
  const taken = new Set(bound.properties.map(({ property }) => property.name));
  const [shape, idName] = [unusedName("$geometry", taken), unusedName("$id", taken)];
  const hasId = WHOLE_NUMBERS.has(bound.key.type);
  const columns = [
    `st_asmvtgeom(${moved}, ${box}, ${EXTENT}, ${BUFFER}) as ${identifier(shape)}`,
    ...(hasId ? [`t.${identifier(bound.key.name)}::int8 as ${identifier(idName)}`] : []),
    ...bound.properties.map(
      ({ property, column }) => `${tileValue(column)} as ${identifier(property.name)}`,
    ),
  ];
  const around = bufferedBox(set, square, room);
  const onTile = bboxConditions(bound, [around], values, { wholeTable, mayLackGeometries: false });
  const filters = fencedConditions(bound, onTile, values);
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

/** SQL for a property as vector tiles can hold it: number, truth or text, as GeoJSON writes it. */
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
