import { desiredBucket, gatewaysBucket } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  connectTestBus,
  type Json,
  startGateway,
  type TestGateway,
  temporaryDirectory,
} from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const RELEASES = 200;
const CLIENTS = 32;

let nats: RunningNats;
let bus: Bus;
let gatewayBus: Bus;
let database: TestDatabase;
let directory: { path: string; remove: () => Promise<void> };
let gateway: TestGateway;

beforeAll(async () => {
  nats = await startNats();
  database = await createDatabase();
  await administer(
    database.url,
    `create table cities (id int primary key, name text, geom geometry(Point, 4326) not null);
     insert into cities select n, 'City ' || n, st_setsrid(st_point(n % 90, n % 80), 4326) from generate_series(1, 400) n;
     create index on cities using gist (geom);
     create table towns as table cities; alter table towns add primary key (id);`,
  );
  directory = await temporaryDirectory();
  bus = await connectTestBus(nats.url, "reconciler");
  gatewayBus = await connectTestBus(nats.url, "gateway-1");
  gateway = await startGateway({
    directory: directory.path,
    variables: { GIS: database.url },
    connectBus: async () => gatewayBus,
  });
});
afterAll(async () => {
  await gateway?.stop();
  await gatewayBus?.close();
  await bus?.close();
  await directory?.remove();
  await database?.drop();
  await nats?.stop();
});

/** A release whose number is in every response: in titles and as the page size. */
function numbered(number: number) {
  const title = `release ${number}`;
  const properties = [propertyOf("name", "string")];
  return releaseOf(
    [
      layerOf("cities", { title, properties, filter: `id > ${number % 7}` }),
      layerOf("towns", { title, properties }),
    ],
    { settings: { title, defaultLimit: number, maxLimit: 400 } },
  );
}

/** Sets the desired release; resolves when the gateway reports that it serves it. */
async function activate(number: number): Promise<void> {
  const document = numbered(number);
  await (await bus.objects("releases")).put(document.text);
  const at = new Date().toISOString();
  const desired = await bus.bucket(desiredBucket);
  await desired.put("test", {
    environment: "test",
    release: document.digest,
    deploymentId: `d-${number}`,
    at,
  });
  const gateways = await bus.bucket(gatewaysBucket);
  await eventually(`release ${number} is observed`, async () => {
    const entry = await gateways.get("test.gateway-1");
    return entry?.value.observedRelease === document.digest;
  });
}

/** The release number of a response; more than one number means a mixed response. */
const readings: readonly ((gateway: TestGateway) => Promise<number[]>)[] = [
  async ({ json }) => {
    const { status, body } = await json("/ogc/collections");
    expect(status).toBe(200);
    return body.collections.map(({ title }: Json) => Number(title.split(" ")[1]));
  },
  async ({ json }) => {
    const { status, body } = await json("/ogc/collections/cities/items");
    expect(status).toBe(200);
    const [first] = body.features;
    // The page size and the offset come from two settings of the same release.
    expect(first.id).toBe((body.features.length % 7) + 1);
    return [body.features.length, body.numberReturned];
  },
  async ({ get }) => {
    const answer = await get("/ogc/collections/towns/items?limit=3&f=html");
    expect(answer.status).toBe(200);
    const page = await answer.text();
    return [...page.matchAll(/release (\d+)/g)].map(([, number]) => Number(number));
  },
  async ({ json }) => {
    const { status, body } = await json("/ogc/api");
    expect(status).toBe(200);
    const { schema } = body.paths["/collections/cities/items"].get.parameters.find(
      ({ name }: Json) => name === "limit",
    );
    return [schema.default, Number(body.info.title.split(" ")[1])];
  },
];

it(`${RELEASES} releases in a row while ${CLIENTS} clients read: no failed, mixed or stale response`, async () => {
  await activate(1);
  let observed = 1;
  let reading = true;
  const counts = readings.map(() => 0);
  const seen = new Set<number>();

  const read = async (client: number) => {
    const kind = client % readings.length;
    const reader = readings[kind];
    while (reading && reader) {
      const oldest = observed;
      const numbers = await reader(gateway);
      const [number = 0] = numbers;
      expect(new Set(numbers).size, `torn: ${numbers}`).toBe(1);
      // A request that started after a release was observed gets that release or a later one.
      expect(number).toBeGreaterThanOrEqual(oldest);
      expect(number).toBeLessThanOrEqual(observed + 1);
      seen.add(number);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, client) => read(client)));
  const failed = clients.catch(() => {
    reading = false;
  });
  try {
    for (let number = 2; number <= RELEASES && reading; number += 1) {
      await activate(number);
      observed = number;
    }
  } finally {
    reading = false;
    await failed;
  }
  await clients;
  expect(observed).toBe(RELEASES);
  for (const count of counts) expect(count).toBeGreaterThan(50);
  expect(seen.size).toBeGreaterThan(RELEASES / 4);
  expect((await gateway.json("/ogc")).body.title).toBe(`release ${RELEASES}`);
}, 300_000);
