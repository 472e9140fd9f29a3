import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { desiredBucket, gatewaysBucket, prepareRelease } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReleaseDocument } from "../../src/release/release-document.ts";
import {
  connectTestBus,
  startGateway,
  type TestGateway,
  temporaryDirectory,
} from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const address = { environment: "test", instance: "gateway-1" };

let nats: RunningNats;
let bus: Bus;
let database: TestDatabase;
let directory: { path: string; remove: () => Promise<void> };
let gateway: TestGateway;
let gatewayBus: Bus;

beforeAll(async () => {
  nats = await startNats();
  database = await createDatabase();
  await administer(
    database.url,
    `create table cities (id int primary key, name text, geom geometry(Point, 4326));
     create index on cities using gist (geom);
     insert into cities select n, 'City ' || n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 50) n;
     create table towns (id int primary key, name text, geom geometry(Point, 4326));
     insert into towns select n, 'Town ' || n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 50) n;`,
  );
});
afterAll(async () => {
  await database?.drop();
  await nats?.stop();
});

beforeEach(async () => {
  directory = await temporaryDirectory();
  await nats.restart({ wipe: true });
  bus = await connectTestBus(nats.url, "reconciler");
  await start();
});
afterEach(async () => {
  await stop();
  await bus.close();
  await directory.remove();
});

async function start() {
  gatewayBus = await connectTestBus(nats.url, "gateway-1");
  gateway = await startGateway({
    directory: directory.path,
    variables: { GIS: database.url, GIS_TOO: `${database.url}?connect_timeout=9` },
    connectBus: async () => gatewayBus,
  });
}

async function stop() {
  await gateway.stop();
  await gatewayBus.close();
}

const cities = (title = "Cities") =>
  layerOf("cities", { title, properties: [propertyOf("name", "string")] });
const towns = layerOf("towns", { properties: [propertyOf("name", "string")] });

async function store(document: ReleaseDocument): Promise<ReleaseDocument> {
  await (await bus.objects("releases")).put(document.text);
  return document;
}

async function desire({ digest }: ReleaseDocument): Promise<void> {
  const desired = await bus.bucket(desiredBucket);
  const at = new Date().toISOString();
  await desired.put("test", { environment: "test", release: digest, deploymentId: "d", at });
}

function prepare({ digest }: ReleaseDocument) {
  return bus.call(prepareRelease, { release: digest, deploymentId: "d" }, { to: address });
}

/** Waits until the status of the gateway satisfies a condition, and returns it. */
function status(
  what: string,
  holds: (status: { observedRelease: string | null; activationError: unknown }) => boolean,
) {
  return eventually(what, async () => {
    const entry = await (await bus.bucket(gatewaysBucket)).get("test.gateway-1");
    return entry && holds(entry.value) && entry.value;
  });
}

async function activate(document: ReleaseDocument): Promise<void> {
  await desire(document);
  await status(
    "the release is observed",
    ({ observedRelease }) => observedRelease === document.digest,
  );
}

describe("a gateway without a release", () => {
  it("is alive but not ready", async () => {
    expect((await gateway.get("/health/live")).status).toBe(200);
    const ready = await gateway.operations.json("/health/ready");
    expect(ready.status).toBe(503);
    expect(ready.body.checks.release.reason).toContain("no release");
    const landing = await gateway.json("/ogc");
    expect(landing.status).toBe(503);
    expect(landing.headers.get("retry-after")).toBe("5");
    expect(landing.body.detail).toContain("No release has been activated yet");
    await status("it reports itself", ({ observedRelease }) => observedRelease === null);
  });

  it("reports an unknown system health while state is unavailable", async () => {
    const { status, body } = await gateway.json("/health/gitops");
    expect(status).toBe(503);
    expect(body).toEqual({
      status: "Unknown",
      components: {
        GitWatcher: "Unknown",
        GitRepository: "Unknown",
        DeploymentStateStore: "Unknown",
      },
      lastReconciliation: null,
      nextPoll: null,
    });
  });
});

describe("prepare", () => {
  it("accepts a good release without serving it", async () => {
    const good = await store(releaseOf([cities()]));
    const answer = await prepare(good);
    expect(answer).toEqual({
      instance: "gateway-1",
      release: good.digest,
      ok: true,
      problems: [],
      warnings: [],
    });
    expect((await gateway.get("/ogc")).status).toBe(503);
  });

  it("reports every problem of an invalid release, and warnings", async () => {
    const bad = await store(
      releaseOf([layerOf("citys"), cities(), { ...towns, geometryColumn: "geometry" }]),
    );
    const { ok, problems, warnings } = await prepare(bad);
    expect(ok).toBe(false);
    expect(problems.map(({ code, pointer }) => [code, pointer])).toEqual([
      ["table-not-found", "/services/0/layers/0/table"],
      ["column-not-found", "/services/0/layers/2/geometryColumn"],
    ]);
    expect(problems[0]).toMatchObject({
      file: "environments/test/metadata.json",
      suggestion: "public.cities",
    });
    expect(warnings).toEqual([]);
  });

  it("reports a missing secret by name, but never a value", async () => {
    const release = releaseOf([cities()]);
    const [datasource] = release.release.datasources;
    const missing = await store(
      releaseOf([cities()], {
        // biome-ignore lint/style/noNonNullAssertion: the release has one
        datasources: [{ ...datasource!, connectionString: "${GIS}${NOT_THERE}${file:/none}" }],
      }),
    );
    const { problems } = await prepare(missing);
    expect(problems.map(({ code }) => code)).toEqual(["missing-secret", "missing-secret"]);
    expect(problems[0]).toMatchObject({
      file: "environments/test/datasources.json",
      pointer: "/datasources/0/connectionString",
    });
    expect(problems[0]?.message).toContain("${NOT_THERE}");
    expect(JSON.stringify(problems)).not.toContain("postgres://");
  });

  it("refuses a release of another environment", async () => {
    const other = await store(releaseOf([cities()], { environment: "production" }));
    expect((await prepare(other)).problems[0]?.code).toBe("wrong-environment");
  });

  it("throws a transient error for a release that is not available", async () => {
    await expect(prepare(releaseOf([cities("Nowhere")]))).rejects.toMatchObject({
      code: "release-unavailable",
      kind: "transient",
    });
  });
});

describe("activation", () => {
  it("serves and reports the desired release, prepared or not", async () => {
    const first = await store(releaseOf([cities()]));
    await prepare(first);
    await activate(first);
    expect(
      (await gateway.json("/ogc/collections/cities/items?limit=3")).body.features,
    ).toHaveLength(3);
    expect((await gateway.get("/health/ready")).status).toBe(200);

    const second = await store(releaseOf([towns]));
    await activate(second);
    expect((await gateway.get("/ogc/collections/cities")).status).toBe(404);
    expect((await gateway.get("/ogc/collections/towns/items")).status).toBe(200);
  });

  it("keeps serving the old release if the desired one fails, and reports the reason", async () => {
    const good = await store(releaseOf([cities()]));
    await activate(good);
    const bad = await store(releaseOf([cities(), layerOf("nothing")]));
    await desire(bad);
    const failed = await status("the error", ({ activationError }) => activationError !== null);
    expect(failed).toMatchObject({
      observedRelease: good.digest,
      activationError: { release: bad.digest, problems: [{ code: "table-not-found" }] },
    });
    expect((await gateway.get("/ogc/collections/cities/items")).status).toBe(200);

    await administer(
      database.url,
      "create table nothing (id int primary key, geom geometry(Point, 4326))",
    );
    const recovered = await status(
      "the error is cleared",
      ({ observedRelease }) => observedRelease === bad.digest,
    );
    expect(recovered.activationError).toBeNull();
  });

  it("clears the error when the old release is desired again", async () => {
    const good = await store(releaseOf([cities()]));
    await activate(good);
    await desire(await store(releaseOf([layerOf("missing")])));
    await status("the error", ({ activationError }) => activationError !== null);
    await desire(good);
    await status("no error", ({ activationError }) => activationError === null);
  });

  it("never fails or tears a response while releases change", async () => {
    const releases = await Promise.all(
      ["a", "b"].map((title) =>
        store(
          releaseOf([cities(title), { ...towns, title }], {
            settings: { title, defaultLimit: 10, maxLimit: 100 },
          }),
        ),
      ),
    );
    const [first] = releases;
    if (!first) throw new Error("two releases");
    await activate(first);

    let loading = true;
    let requests = 0;
    const load = async () => {
      while (loading) {
        const [items, list] = await Promise.all([
          gateway.json("/ogc/collections/cities/items?limit=20"),
          gateway.json("/ogc/collections"),
        ]);
        expect(items.status).toBe(200);
        expect(items.body.features).toHaveLength(20);
        expect(list.status).toBe(200);
        const titles = list.body.collections.map(({ title }: { title: string }) => title);
        expect(new Set(titles).size).toBe(1);
        requests += 2;
      }
    };
    const workers = Array.from({ length: 8 }, load);
    for (let turn = 0; turn < 20; turn += 1) {
      const next = releases[(turn + 1) % 2];
      if (next) await activate(next);
    }
    loading = false;
    await Promise.all(workers);
    expect(requests).toBeGreaterThan(100);
  });

  it("releases the connections of a replaced datasource", async () => {
    await activate(await store(releaseOf([cities()])));
    const other = releaseOf([cities()]);
    const [datasource] = other.release.datasources;
    const moved = releaseOf([cities()], {
      // biome-ignore lint/style/noNonNullAssertion: the release has one
      datasources: [{ ...datasource!, connectionString: "${GIS_TOO}", pool: { max: 2 } }],
    });
    await gateway.get("/ogc/collections/cities/items");
    await activate(await store(moved));
    await gateway.get("/ogc/collections/cities/items");
    const open = () => connectionsOf(database.url);
    await eventually("only the new pool is open", async () => (await open()) <= 2);
  });
});

describe("without the message bus", () => {
  it("keeps retrying to connect", async () => {
    const release = await store(releaseOf([cities()]));
    await desire(release);
    await stop();
    gatewayBus = await connectTestBus(nats.url, "gateway-1");
    let attempts = 0;
    gateway = await startGateway({
      directory: directory.path,
      variables: { GIS: database.url },
      async connectBus() {
        attempts += 1;
        if (attempts === 1) throw new Error("the bus is not ready");
        return gatewayBus;
      },
    });
    await status(
      "the release is observed",
      ({ observedRelease }) => observedRelease === release.digest,
    );
    expect(attempts).toBe(2);
  });

  it("serves the last release again after a restart", async () => {
    const release = await store(releaseOf([cities()]));
    await activate(release);
    const file = join(directory.path, "release.json");
    await eventually("the copy is written", async () =>
      (await readFile(file, "utf8")).includes(release.digest),
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await stop();
    await nats.kill();
    gateway = await startGateway({ directory: directory.path, variables: { GIS: database.url } });
    expect((await gateway.get("/ogc/collections/cities/items")).status).toBe(200);
    const { status: ready, body } = await gateway.operations.json("/health/ready");
    expect(ready).toBe(200);
    expect(body.checks.MessageBus).toMatchObject({ status: "Degraded" });
  });

  it("keeps serving, and follows the desired release again after a reconnect", async () => {
    await activate(await store(releaseOf([cities()])));
    await nats.kill();
    expect((await gateway.get("/ogc/collections/cities/items")).status).toBe(200);
    await nats.restart();
    const next = await eventually("the bus takes messages again", () => store(releaseOf([towns])));
    await eventually("the wish is written", async () => {
      await desire(next);
      return true;
    });
    await status(
      "the release is observed",
      ({ observedRelease }) => observedRelease === next.digest,
    );
    expect((await gateway.get("/ogc/collections/towns/items")).status).toBe(200);
  });
});

it("removes its status when it stops", async () => {
  await status("it reports itself", () => true);
  await stop();
  const entry = await (await bus.bucket(gatewaysBucket)).get("test.gateway-1");
  expect(entry).toBeUndefined();
  await start();
});

/** Number of gateway connections to a database. */
async function connectionsOf(url: string): Promise<number> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select count(*)::int as open from pg_stat_activity
       where datname = current_database() and application_name = 'honua-gis-gateway'`,
    );
    return rows[0].open;
  } finally {
    await client.end();
  }
}
