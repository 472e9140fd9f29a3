import { get, type IncomingMessage } from "node:http";
import { administer } from "@honua/testing/postgres-cluster";
import { layerOf, propertyOf, releaseOf } from "../../services/gis-gateway/test/support/release.ts";
import { type GatewayProcess, startGatewayProcess } from "../gateway/gateway-process.ts";
import type { BenchmarkServers } from "./benchmark-servers.ts";
import { processMemory, resetPeakMemory } from "./process-memory.ts";

const FEATURES = 100_000;
const ROUNDS = 3;
/** Live objects take 37 MB. Without a limit, V8 lets garbage grow to several times that. */
const SMALL_HEAP = ["--max-old-space-size=96", "--max-semi-space-size=8"];
/** Requests after which the process has the memory that it needs for any traffic. */
const WARM_UP = 400;

/** Measures by how many MB a stream of 100 000 features increases the memory of a gateway in use. */
export async function measureStreamedResponses({
  databaseUrl,
  natsUrl,
  print,
}: BenchmarkServers): Promise<void> {
  await administer(
    databaseUrl,
    `create table many (id int primary key, name text, filling text, geom geometry(Point, 4326) not null);
     insert into many select n, 'Feature ' || n, repeat('x', 900), st_setsrid(st_point(n % 180, n % 90), 4326)
       from generate_series(1, ${FEATURES}) n;
     analyze many`,
  );
  const properties = [propertyOf("name", "string"), propertyOf("filling", "string")];
  const release = releaseOf([layerOf("many", { maxLimit: FEATURES, properties })]);
  for (const nodeFlags of [[], SMALL_HEAP]) {
    print(nodeFlags.length === 0 ? "default settings of Node" : nodeFlags.join(" "));
    const gateway = await startGatewayProcess({
      release,
      gisDatabaseUrl: databaseUrl,
      natsUrl,
      nodeFlags,
    });
    await measure(gateway, print).finally(() => gateway.stop());
  }
}

async function measure(
  { url, pid }: GatewayProcess,
  print: BenchmarkServers["print"],
): Promise<void> {
  const items = `${url}/ogc/collections/many/items`;
  for (let page = 0; page < WARM_UP; page += 1) await read(`${items}?limit=100`);
  for (let round = 1; round <= ROUNDS; round += 1) {
    await resetPeakMemory(pid);
    const before = await processMemory(pid);
    const bytes = await read(`${items}?limit=${FEATURES}`);
    const { peak } = await processMemory(pid);
    print(
      `${FEATURES} features, ${(bytes / 1e6).toFixed(0)} MB of GeoJSON, round ${round}: ${(peak - before.now).toFixed(0)} MB above ${before.now.toFixed(0)} MB`,
    );
  }
  await resetPeakMemory(pid);
  const before = await processMemory(pid);
  const unread = await Promise.all([
    start(`${items}?limit=${FEATURES}`),
    start(`${items}?limit=${FEATURES}`),
  ]);
  await read(`${items}?limit=${FEATURES}`);
  const { peak } = await processMemory(pid);
  for (const response of unread) response.destroy();
  print(
    `with two clients that do not read their responses: ${(peak - before.now).toFixed(0)} MB above ${before.now.toFixed(0)} MB`,
  );
}

async function read(url: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of await start(url)) bytes += (chunk as Buffer).length;
  return bytes;
}

function start(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      response.on("error", () => undefined);
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${url} returned ${response.statusCode}`));
    });
    request.on("error", reject);
  });
}
