import type { SamplePlaces } from "./sample-places.ts";

/** A kind of request, its floor, and the target of the gateway relative to the floor. */
export interface RequestKind {
  name: string;
  /** Paths below the root of the gateway, requested in turn. */
  paths: readonly string[];
  /** pgbench scripts of the equivalent statement; empty if no database is needed. */
  statements: readonly string[];
  /** Gateway ÷ floor. */
  target: number;
}

/** A hand-written statement for a city as GeoJSON text. It is the floor for the gateway's statement. */
const FEATURE = `'{"type":"Feature","id":' || id || ',"geometry":' || st_asgeojson(geom, 7, 0)
  || ',"properties":{"name":' || to_json(name)::text || ',"population":' || population
  || ',"country":' || to_json(country)::text || '}}'`;

const page = (limit: number, where = "") => `select string_agg(${FEATURE}, ',')
from (select id, name, population, country, geom from public.cities${where} order by id limit ${limit}) c;`;

/** Boxes of ten degrees in Europe, each with far more than a hundred places. */
const BOXES = { west: [-10, 20], south: [36, 50] } as const;
export const BOX_DEGREES = 10;
const BOX = `st_makeenvelope(:west, :south, :west + ${BOX_DEGREES}, :south + ${BOX_DEGREES}, 4326)`;
/** The lower left corners of all boxes. */
export const BOX_CORNERS = boxCorners();
/** Tiles in Europe. They are not cached, so each request renders one. */
const TILES = { matrix: 6, columns: [31, 36], rows: [19, 24] } as const;

/** The kinds of requests with their targets. */
export function requestKinds({ ids }: SamplePlaces): RequestKind[] {
  const cities = "/ogc/collections/cities";
  return [
    {
      name: "items?limit=10",
      paths: [`${cities}/items?limit=10`],
      statements: [page(10)],
      target: 0.45,
    },
    {
      name: "items?bbox&limit=100",
      paths: boxPaths(cities),
      statements: [
        `\\set west random(${BOXES.west.join(", ")})
\\set south random(${BOXES.south.join(", ")})
${page(100, ` where geom && ${BOX} and st_intersects(geom, ${BOX})`)}`,
      ],
      target: 0.6,
    },
    {
      name: "items?limit=1000",
      paths: [`${cities}/items?limit=1000`],
      statements: [page(1_000)],
      target: 0.75,
    },
    {
      name: "item by id",
      paths: ids.map((id) => `${cities}/items/${id}`),
      statements: ids.map((id) => `select ${FEATURE} from public.cities where id = ${id};`),
      target: 0.6,
    },
    {
      name: "tile, not cached",
      paths: tilePaths(cities),
      statements: [tileScript()],
      target: 0.75,
    },
    {
      name: "tile, cached",
      paths: tilePaths("/ogc/collections/cached-cities"),
      statements: [],
      target: 0.6,
    },
    { name: "collections", paths: ["/ogc/collections"], statements: [], target: 0.6 },
    { name: "conformance", paths: ["/ogc/conformance"], statements: [], target: 0.6 },
  ];
}

function boxPaths(collection: string): string[] {
  return BOX_CORNERS.map(([west, south]) => {
    const box = [west, south, west + BOX_DEGREES, south + BOX_DEGREES];
    return `${collection}/items?bbox=${box.join(",")}&limit=100`;
  });
}

function boxCorners(): (readonly [west: number, south: number])[] {
  const corners: [number, number][] = [];
  for (let west = BOXES.west[0]; west <= BOXES.west[1]; west += 1) {
    for (let south = BOXES.south[0]; south <= BOXES.south[1]; south += 1) {
      corners.push([west, south]);
    }
  }
  return corners;
}

function tilePaths(collection: string): string[] {
  const paths: string[] = [];
  for (let row = TILES.rows[0]; row <= TILES.rows[1]; row += 1) {
    for (let column = TILES.columns[0]; column <= TILES.columns[1]; column += 1) {
      paths.push(`${collection}/tiles/WebMercatorQuad/${TILES.matrix}/${row}/${column}`);
    }
  }
  return paths;
}

function tileScript(): string {
  return `\\set row random(${TILES.rows.join(", ")})
\\set column random(${TILES.columns.join(", ")})
select st_asmvt(q, 'cities', 4096, 'geom', 'id') from (
  select id, name, population, country,
    st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope(${TILES.matrix}, :column, :row), 4096, 64) as geom
  from public.cities
  where geom && st_transform(st_tileenvelope(${TILES.matrix}, :column, :row, margin => 64.0 / 4096), 4326)) q
where geom is not null;`;
}
