import { readFileSync } from "node:fs";
import pg from "pg";
import { seedPlaces } from "./seed-places.ts";

/**
 * Seeds the cities and countries of the world, unless they exist, in the database at `DATABASE_URL`
 * or at the URL in the file `DATABASE_URL_FILE`.
 */
const file = process.env.DATABASE_URL_FILE;
const url = file === undefined ? process.env.DATABASE_URL : readFileSync(file, "utf8").trim();
if (!url) throw new Error("Set DATABASE_URL, or DATABASE_URL_FILE to a file that contains it.");
const client = new pg.Client({ connectionString: url });
await client.connect();
const seeded = await seedPlaces(client);
await client.end();
process.stdout.write(
  seeded ? "The sample data was loaded.\n" : "The sample data already exists.\n",
);
