import { layerOf, propertyOf, releaseOf } from "./release.ts";

/** Values that HTML views must escape. */
export const UNTRUSTED_VALUES = {
  script: "<script>window.hacked = 1</script>",
  quotes: `" onmouseover="window.hacked = 1" '`,
  address: "javascript:window.hacked = 1",
  comment: "</script><!-- <script>",
} as const;

/**
 * 120 cities on a grid, the first two with untrusted values; areas; more places than are counted.
 */
export const CITIES_SQL = `
create table cities (id int primary key, name text, note text, website text, population int8,
  geom geometry(Point, 4326) not null);
create index on cities using gist (geom);
insert into cities select n, 'City ' || n, null, 'https://city-' || n || '.example.org/', n * 1000,
  st_setsrid(st_point(-60 + n, (n * 7) % 50), 4326) from generate_series(1, 120) n;
update cities set name = '${UNTRUSTED_VALUES.script}', note = '${UNTRUSTED_VALUES.quotes.replaceAll("'", "''")}',
  website = '${UNTRUSTED_VALUES.address}', population = 9007199254740993 where id = 1;
update cities set note = '${UNTRUSTED_VALUES.comment}' where id = 2;
create table many (id int primary key, name text, geom geometry(Point, 4326) not null);
create index on many using gist (geom);
insert into many select n, 'One of ' || n, st_setsrid(st_point(-170 + n / 40.0, (n * 7) % 80 - 30), 4326)
  from generate_series(1, 12000) n;
create table areas (id text primary key, name text, geom geometry(Polygon, 4326));
insert into areas values ('a/b <c>', 'North', st_makeenvelope(-20, 10, 10, 40, 4326)),
  ('south', 'South', st_makeenvelope(15, -30, 40, 0, 4326));
`;

export const citiesRelease = releaseOf(
  [
    layerOf("cities", {
      title: "World Cities",
      description: "Settlements on a grid, with <b>odd</b> names.",
      keywords: ["cities", "settlements"],
      idColumn: "id",
      properties: [
        { ...propertyOf("name", "string"), title: "Name" },
        propertyOf("note", "string"),
        propertyOf("website", "string"),
        { ...propertyOf("population", "integer"), title: "Population", unit: "people" },
      ],
    }),
    layerOf("areas", {
      title: "Areas",
      idColumn: "id",
      geometryType: "Polygon",
      properties: [propertyOf("name", "string")],
    }),
    layerOf("many", {
      title: "Many places",
      idColumn: "id",
      properties: [propertyOf("name", "string")],
    }),
    layerOf("missing", { title: "Missing table" }),
  ],
  {
    settings: {
      title: "City <services>",
      description: "Places of the world, for tests.",
      attribution: "© Test data & friends",
      license: "https://example.org/license",
      contact: { name: "The office", email: "office@example.org" },
      defaultLimit: 20,
      maxLimit: 1_000,
    },
  },
);
