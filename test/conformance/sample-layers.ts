/** Two tables with data types that the sample data lacks. The SQL also runs on PGlite. */
export const SAMPLE_TABLES = `
create table public.sites (
  id integer primary key, name text not null, kind text, height double precision, visits bigint,
  capacity bigint, open boolean, founded date, seen timestamptz, tags text[],
  geom geometry(Point, 4326));
insert into public.sites values
  (1, 'Café Azul', 'bar', 12.5, 100, 80, true, '2001-05-01', '2020-01-01 10:00Z', '{coffee,wine}', ST_Point(-3.7, 40.4, 4326)),
  (2, 'CAFE AZUL', 'bar', 3, 50, 60, false, '2002-05-01', '2020-02-01 10:00Z', '{coffee}', ST_Point(-3.6, 40.5, 4326)),
  (3, 'Torre', 'tower', 57.5, 1000, 1000, true, '1999-12-31', '2021-01-01 00:00Z', '{stone,view}', ST_Point(2.35, 48.85, 4326)),
  (4, 'North Pole', 'station', 0, 7, 12, null, null, null, '{ice}', ST_Point(0, 90, 4326)),
  (5, 'South Pole', 'station', -5, 8, 12, true, '1957-01-01', '2019-06-01 00:00Z', '{ice,view}', ST_Point(10, -90, 4326)),
  (6, 'East Cape', 'cape', 80, 20, 20, true, '1900-01-01', '2020-01-15 00:00Z', '{}', ST_Point(179.5, 67, 4326)),
  (7, 'West Cape', 'cape', 90, 30, 20, false, '1900-01-02', '2020-03-01 00:00Z', '{view}', ST_Point(-179.5, 67, 4326)),
  (8, 'Nowhere', null, null, null, null, null, null, null, null, null),
  (9, '100%_sure', 'odd', 1, 1, 2, true, '2010-10-10', '2010-10-10 10:10Z', '{coffee,stone,wine}', ST_Point(0, 0, 4326)),
  (10, 'O''Brien', 'odd', 2, 4, 2, false, '2011-11-11', '2011-11-11 11:11Z', '{wine}', ST_Point(1, 1, 4326));
create index on public.sites using gist (geom);
create table public.parcels (
  id text primary key, name text not null, geom geometry(Polygon, 25830) not null);
insert into public.parcels select 'p-' || n, 'Parcel ' || n,
  ST_MakeEnvelope(440000 + n * 1000, 4474000, 440800 + n * 1000, 4474800, 25830)
  from generate_series(1, 12) n;
create index on public.parcels using gist (geom);
`;

const property = (name: string, type: string) => ({ name, type });

/** The layers of these tables in the format of metadata.json. */
export const SAMPLE_LAYERS: readonly Record<string, unknown>[] = [
  {
    id: "sites",
    title: "Sites",
    description: "Places at the edges of the world",
    datasource: "postgres-prod",
    table: "public.sites",
    geometryColumn: "geom",
    geometryType: "Point",
    srid: 4326,
    datetimeColumn: "seen",
    idColumn: "id",
    properties: [
      property("id", "integer"),
      { ...property("name", "string"), nullable: false },
      property("kind", "string"),
      { ...property("height", "number"), unit: "m" },
      property("visits", "integer"),
      property("capacity", "integer"),
      property("open", "boolean"),
      property("founded", "date"),
      property("seen", "datetime"),
      property("tags", "array"),
    ],
  },
  {
    id: "parcels",
    title: "Parcels",
    datasource: "postgres-prod",
    table: "public.parcels",
    geometryColumn: "geom",
    geometryType: "Polygon",
    srid: 25830,
    crs: [2056],
    maxLimit: 5,
    properties: [property("name", "string")],
  },
];
