import { layerOf, propertyOf, releaseOf } from "./release.ts";

/** The number of places: more than two pages of a thousand. */
export const PLACE_COUNT = 2_500;

/** Places on a grid of whole degrees, and twelve squares stored in a projection. */
export const GRID_SQL = `
create table places (id int primary key, name text, population int8, seen timestamptz,
  geom geometry(Point, 4326) not null);
insert into places select n, 'Place ' || n, n * 1000,
  timestamptz '2020-01-01 00:00Z' + n * interval '1 hour',
  st_setsrid(st_point(-90 + (n % 180), (n % 120) - 60), 4326) from generate_series(1, ${PLACE_COUNT}) n;
create index on places using gist (geom);
create table squares (id text primary key, name text, geom geometry(Polygon, 25830) not null);
insert into squares select 's' || n, 'Square ' || n,
  st_makeenvelope(440000 + n * 1000, 4474000, 440800 + n * 1000, 4474800, 25830)
  from generate_series(1, 12) n;
create index on squares using gist (geom);
`;

export const gridRelease = releaseOf([
  layerOf("places", {
    title: "Places",
    datetimeColumn: "seen",
    properties: [
      propertyOf("name", "string"),
      propertyOf("population", "integer"),
      propertyOf("seen", "datetime"),
    ],
  }),
  layerOf("squares", {
    title: "Squares",
    geometryType: "Polygon",
    srid: 25830,
    properties: [propertyOf("name", "string")],
  }),
]);

/** The names of the places in a box of degrees, sorted. */
export function placesIn([west, south, east, north]: readonly number[]): string[] {
  const isIn = (number: number) => {
    const longitude = -90 + (number % 180);
    const latitude = (number % 120) - 60;
    return (
      longitude >= Number(west) &&
      longitude <= Number(east) &&
      latitude >= Number(south) &&
      latitude <= Number(north)
    );
  };
  const numbers = Array.from({ length: PLACE_COUNT }, (_, index) => index + 1);
  return numbers
    .filter(isIn)
    .map((number) => `Place ${number}`)
    .sort();
}
