import { setTimeout as pause } from "node:timers/promises";
import { desiredBucket, prepareRelease } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { administer } from "@honua/testing/postgres-cluster";
import { connectTestBus } from "../../services/gis-gateway/test/support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../../services/gis-gateway/test/support/release.ts";
import { startGatewayProcess } from "../gateway/gateway-process.ts";
import type { BenchmarkServers } from "./benchmark-servers.ts";
import { processMemory, resetPeakMemory } from "./process-memory.ts";

const LAYERS = 10_000;
const TABLES = 1_000;
const ROUNDS = 3;
/** Time in which the gateway measures the extents of all layers after an activation. */
const SETTLE_MS = 15_000;

/** Measures how long a gateway with one layer needs to serve 10 000, and the additional memory in MB. */
export async function measureManyLayers({
  databaseUrl,
  natsUrl,
  print,
}: BenchmarkServers): Promise<void> {
  await administer(
    databaseUrl,
    `do $$ begin for n in 0..${TABLES - 1} loop
       execute format('create table layer_%s (id int primary key, name text, size int8, at timestamptz, geom geometry(Point, 4326) not null)', n);
       execute format('create index on layer_%s using gist (geom)', n);
       execute format('insert into layer_%s select m, ''Feature '' || m, m, now(), st_setsrid(st_point(m, m), 4326) from generate_series(1, 10) m', n);
     end loop; end $$`,
  );
  await administer(databaseUrl, "analyze");
  const properties = [
    propertyOf("name", "string"),
    propertyOf("size", "integer"),
    propertyOf("at", "datetime"),
  ];
  const layers = Array.from({ length: LAYERS }, (_, index) =>
    layerOf(`layer-${index}`, {
      title: `Layer ${index}`,
      table: { schema: "public", name: `layer_${index % TABLES}` },
      properties,
    }),
  );
  const small = releaseOf(layers.slice(0, 1));
  const gateway = await startGatewayProcess({
    release: small,
    gisDatabaseUrl: databaseUrl,
    natsUrl,
  });
  const bus = await connectTestBus(natsUrl, "bench");
  try {
    const releases = await bus.objects("releases");
    const desired = await bus.bucket(desiredBucket);
    for (let round = 1; round <= ROUNDS; round += 1) {
      // The title differs in each round, because the gateway does not load a known release again.
      const large = releaseOf(layers, {
        settings: { title: `Round ${round}`, defaultLimit: 10, maxLimit: 10_000 },
      });
      await releases.put(large.text);
      const isServed = async () =>
        (await fetch(`${gateway.url}/ogc/collections/layer-${LAYERS - 1}/items`)).status === 200;
      await resetPeakMemory(gateway.pid);
      const before = await processMemory(gateway.pid);

      const started = performance.now();
      const result = await eventually("the gateway prepares the release", () =>
        bus.call(
          prepareRelease,
          { release: large.digest, deploymentId: "bench" },
          { to: { environment: "test", instance: "gateway-1" } },
        ),
      );
      const prepared = performance.now();
      if (!result.ok) throw new Error(JSON.stringify(result.problems.slice(0, 3)));
      await desire(large.digest);
      await eventually("the release is served", isServed);
      const served = performance.now();
      await pause(SETTLE_MS);
      const { now, peak } = await processMemory(gateway.pid);
      print(
        `${LAYERS} layers on ${TABLES} tables, round ${round}: prepared in ${ms(prepared - started)}, served after another ${ms(served - prepared)}; ${(now - before.now).toFixed(0)} MB more than the ${before.now.toFixed(0)} MB before, at most ${(peak - before.now).toFixed(0)} MB`,
      );

      await releases.put(small.text);
      await desire(small.digest);
      await eventually("the small release is served", async () => !(await isServed()));
    }

    async function desire(release: string): Promise<void> {
      const at = new Date().toISOString();
      await desired.put("test", { environment: "test", release, deploymentId: "bench", at });
    }
  } finally {
    await bus.close();
    await gateway.stop();
  }
}

function ms(duration: number): string {
  return `${duration.toFixed(0)} ms`;
}
