import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import {
  administer,
  type PostgresCluster,
  startPostgresCluster,
} from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { createRecordedLog } from "../support/recorded-log.ts";
import { layerOf, releaseOf } from "../support/release.ts";

const TABLE = `
create table places (id int primary key, geom geometry(Point, 4326));
insert into places select n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 3) n;`;
const BAD = 4;
const DATASOURCES = Array.from({ length: 10 }, (_, index) => index);

/** Ten datasources with two collections each. */
const release = releaseOf(
  DATASOURCES.flatMap((index) =>
    ["a", "b"].map((letter) =>
      layerOf(`places_${index}${letter}`, {
        datasource: `source-${index}`,
        table: { schema: "public", name: "places" },
      }),
    ),
  ),
  {
    datasources: DATASOURCES.map((index) => ({
      id: `source-${index}`,
      pointer: `/datasources/${index}`,
      type: "PostgreSQL",
      connectionString: `\${GIS_${index}}`,
      readOnly: true,
    })),
  },
);

let database: TestDatabase;
let cluster: PostgresCluster;

beforeAll(async () => {
  [database, cluster] = await Promise.all([createDatabase(), startPostgresCluster()]);
  await administer(database.url, TABLE);
  await administer(cluster.url, `create extension postgis; ${TABLE}`);
  // The cluster is killed and does not flush commits, so checkpoint first.
  await administer(cluster.url, "checkpoint");
});
afterAll(async () => {
  await cluster?.stop();
  await database?.drop();
});

/** Ten addresses, so that each datasource has its own pool; one address can fail. */
function variables(bad: string | undefined): Record<string, string> {
  const good = DATASOURCES.map((index) => [
    `GIS_${index}`,
    `${database.url}?application_name=source-${index}`,
  ]);
  const all = Object.fromEntries(good);
  if (bad === undefined) delete all[`GIS_${BAD}`];
  else all[`GIS_${BAD}`] = bad;
  return all;
}

/** HTTP statuses of the items of the failing datasource and of the others. */
async function statuses(gateway: TestGateway): Promise<{ bad: number[]; good: number[] }> {
  const found: { bad: number[]; good: number[] } = { bad: [], good: [] };
  await Promise.all(
    DATASOURCES.flatMap((index) =>
      ["a", "b"].map(async (letter) => {
        const path = `/ogc/collections/places_${index}${letter}/items`;
        const { status } = await gateway.get(path);
        found[index === BAD ? "bad" : "good"].push(status);
      }),
    ),
  );
  return found;
}

const ONLY_THE_BAD = { bad: Array(2).fill(503), good: Array(18).fill(200) };
const ALL_GOOD = { bad: Array(2).fill(200), good: Array(18).fill(200) };

describe("one bad datasource among ten", () => {
  it.each<[string, () => Promise<string | undefined>, RegExp]>([
    [
      "no server listens",
      async () => `postgres://u@127.0.0.1:${await freePort()}/d`,
      /Cannot connect/,
    ],
    ["its secret is missing", async () => undefined, /GIS_4/],
    ["its connection string is invalid", async () => "Host=;Nonsense", /source-4/],
    ["it has no such database", async () => cluster.url.replace(/postgres$/, "absent"), /absent/],
  ])(
    "%s: only its collections are unavailable, and the log has the reason",
    async (_case, address, reason) => {
      const recorded = createRecordedLog();
      const gateway = await serveRelease(release, variables(await address()), {
        log: recorded.log,
      });
      expect(await statuses(gateway)).toEqual(ONLY_THE_BAD);
      const response = await gateway.get(`/ogc/collections/places_${BAD}a/items`);
      expect(response.headers.get("retry-after")).not.toBeNull();
      const problem = (await response.json()) as Json;
      expect(problem.code).toBe("collection-unavailable");
      expect(problem.detail).not.toMatch(reason);
      await recorded.waitForLine(reason);
      expect((await gateway.json("/ogc/collections")).body.collections).toHaveLength(20);
      expect((await gateway.get("/ogc/api")).status).toBe(200);
      expect((await gateway.get("/ogc/tiles/WebMercatorQuad/0/0/0")).status).toBe(200);
      expect((await gateway.get("/health/ready")).status).toBe(200);
      await gateway.stop();
    },
  );

  it("fails and recovers without affecting the others", async () => {
    const gateway = await serveRelease(release, variables(cluster.url));
    expect(await statuses(gateway)).toEqual(ALL_GOOD);
    await cluster.kill();
    for (let round = 0; round < 3; round += 1) {
      expect(await statuses(gateway)).toEqual(ONLY_THE_BAD);
    }
    expect((await gateway.get("/health/ready")).status).toBe(200);
    await cluster.restart();
    await eventually("all are served again", async () => {
      const { bad, good } = await statuses(gateway);
      return [...bad, ...good].every((status) => status === 200);
    });
    await gateway.stop();
  });
});
