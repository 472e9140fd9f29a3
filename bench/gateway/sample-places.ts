import pg from "pg";
import { seedPlaces } from "../../packages/cli/src/stack/database/seed-places.ts";
import { layerOf, propertyOf, releaseOf } from "../../services/gis-gateway/test/support/release.ts";

/** The ids of the places that are requested one by one. */
export interface SamplePlaces {
  ids: readonly string[];
}

/** Number of different features that are requested by id. */
const IDS = 50;

/** Loads the sample data of the local stack into a database. */
export async function createSamplePlaces(databaseUrl: string): Promise<SamplePlaces> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await seedPlaces(client);
    await client.query("vacuum analyze");
    const { rows } = await client.query<{ id: string }>(
      "select id::text from (select id, row_number() over (order by id) as n from public.cities) c where n % 2500 = 0 limit $1",
      [IDS],
    );
    return { ids: rows.map(({ id }) => id) };
  } finally {
    await client.end();
  }
}

const CITIES = [
  propertyOf("name", "string"),
  propertyOf("population", "integer"),
  propertyOf("country", "string"),
];

/** The release that the gateway serves: the sample layers, and one with cached tiles. */
export const placesRelease = releaseOf([
  layerOf("cities", { title: "World Cities", properties: CITIES, maxLimit: 200_000 }),
  layerOf("cached-cities", {
    title: "World Cities, cached tiles",
    table: { schema: "public", name: "cities" },
    properties: CITIES,
    caching: { enabled: true, ttlSeconds: 3_600 },
  }),
  layerOf("countries", {
    title: "Countries",
    geometryType: "MultiPolygon",
    properties: [propertyOf("name", "string"), propertyOf("iso_numeric", "string")],
  }),
]);
