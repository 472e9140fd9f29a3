import { createDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { seedPlaces } from "../../packages/cli/src/stack/database/seed-places.ts";
import { testConformance } from "./conformance-tests.ts";
import { startSampleStack } from "./sample-stack.ts";

testConformance({
  async start() {
    const database = await createDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("create extension unaccent");
    await seedPlaces(client);
    await client.end();
    const stack = await startSampleStack(["--gis-database-url", database.url]);
    return {
      root: stack.root,
      async stop() {
        await stack.stop();
        await database.drop();
      },
    };
  },
});
