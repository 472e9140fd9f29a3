import { readFileSync } from "node:fs";
import pg from "pg";
import { seedPlaces } from "./seed-places.ts";

/**
 * Fills the database of `DATABASE_URL`, or of the file that `DATABASE_URL_FILE` names, with the places
 * of the world, unless they are there.
 */
const file = process.env.DATABASE_URL_FILE;
const url = file === undefined ? process.env.DATABASE_URL : readFileSync(file, "utf8").trim();
if (!url) throw new Error("Set DATABASE_URL, or DATABASE_URL_FILE to a file that holds it.");
const client = new pg.Client({ connectionString: url });
await client.connect();
const seeded = await seedPlaces(client);
await client.end();
process.stdout.write(seeded ? "The sample places were loaded.\n" : "The places are there.\n");
