import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seedPlaces } from "../../../src/stack/database/seed-places.ts";

let database: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await database.drop();
});

async function row(text: string) {
  return (await client.query(text)).rows[0];
}

test("seeds all places, valid and indexed, and does nothing the second time", async () => {
  expect(await seedPlaces(client)).toBe(true);
  expect(await seedPlaces(client)).toBe(false);

  expect(
    await row(`select count(*)::int, count(distinct country)::int as countries,
      max(population) as largest from cities`),
  ).toEqual({ count: 135_233, countries: 246, largest: 22_315_474 });
  expect(await row("select name, ST_AsText(geom) as at from cities where id = 3039154")).toEqual({
    name: "El Tarter",
    at: "POINT(1.65362 42.57952)",
  });
  expect(
    await row(`select count(*)::int, bool_and(ST_IsValid(geom) and not ST_IsEmpty(geom)) as valid,
      count(distinct name)::int as names from countries`),
  ).toEqual({ count: 241, valid: true, names: 241 });
  expect(
    await row(`select name from countries where ST_Contains(geom, (
      select geom from cities where name = 'Albacete'))`),
  ).toEqual({ name: "Spain" });
  expect(
    await row(`select count(*)::int from countries, ST_Dump(geom) part
      where name <> 'Antarctica' and ST_XMax(part.geom) - ST_XMin(part.geom) > 180`),
  ).toEqual({ count: 0 });
  const chukotka = "ST_Contains(geom, ST_SetSRID(ST_MakePoint(-179, 67), 4326))";
  expect(await row(`select name from countries where ${chukotka}`)).toEqual({ name: "Russia" });

  const near = "select * from cities where geom && ST_MakeEnvelope(2, 41, 3, 42, 4326)";
  expect(JSON.stringify((await client.query(`explain ${near}`)).rows)).toContain("cities_geom");
}, 60_000);

test("an interrupted seed leaves no table, and the next one succeeds", async () => {
  const interrupted = {
    query: (text: string, values?: unknown[]) =>
      text.includes("countries_geom")
        ? Promise.reject(new Error("interrupted"))
        : client.query(text, values),
  };
  await expect(seedPlaces(interrupted)).rejects.toThrow("interrupted");
  expect(await row("select to_regclass('public.cities') as cities")).toEqual({ cities: null });
  expect(await seedPlaces(client)).toBe(true);
}, 60_000);

test("refuses to overwrite a table of the user", async () => {
  await client.query("create table public.cities (mine text)");
  await expect(seedPlaces(client)).rejects.toMatchObject({ code: "table-exists" });
  expect(await row("select count(*)::int from cities")).toEqual({ count: 0 });
});
