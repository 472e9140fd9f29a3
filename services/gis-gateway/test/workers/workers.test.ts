import { request } from "node:http";
import { createServer } from "node:net";
import { desiredBucket, gatewaysBucket, prepareRelease } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { type ServiceProcess, startServiceProcess } from "@honua/testing/service-process";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectTestBus, type Json, temporaryDirectory } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const WORKERS = ["gateway-1-1", "gateway-1-2"];
const RELEASES = 40;
const CLIENTS = 8;
const PATIENCE_MS = 5_000;
/** Three processes start, and the machine may be busy. */
const START_MS = 90_000;
/** Connections to the datasource of both workers together. */
const CONNECTIONS = 4;

let nats: RunningNats;
let bus: Bus;
let database: TestDatabase;
let directory: { path: string; remove: () => Promise<void> };
let gateway: ServiceProcess;
let port: number;
let operationsPort: number;
/** The newest release that both workers have reported. */
let activated = 0;

beforeAll(async () => {
  nats = await startNats();
  database = await createDatabase();
  await administer(
    database.url,
    `create table cities (id int primary key, name text, geom geometry(Point, 4326) not null);
     insert into cities select n, 'City ' || n, st_setsrid(st_point(n % 90, n % 80), 4326) from generate_series(1, 100) n;
     create index on cities using gist (geom);`,
  );
  directory = await temporaryDirectory();
  bus = await connectTestBus(nats.url, "reconciler");
  port = await freePort();
  operationsPort = await freePort();
  gateway = start(port);
  await started();
});
afterAll(async () => {
  await gateway?.stop();
  await bus?.close();
  await directory?.remove();
  await database?.drop();
  await nats?.stop();
});

function start(on: number, operations = operationsPort): ServiceProcess {
  return startServiceProcess(
    "gis-gateway",
    {
      PORT: String(on),
      OPERATIONS_PORT: String(operations),
      NATS_URL: nats.url,
      HONUA_INSTANCE: "gateway-1",
      GitOps__Watcher__Environment: "test",
      GitOps__GatewayDirectory: directory.path,
      GIS: database.url,
    },
    ["--workers", "2"],
  );
}

/** Uses a new connection per request, because connections are distributed to workers in turn. */
function read(path: string, from = port): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: from, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on("error", reject);
    // A connection that was assigned to a worker when it was killed gets no response.
    asking.setTimeout(PATIENCE_MS, () => asking.destroy(new Error("no answer")));
    asking.end();
  });
}

async function readJson(path: string, from = port): Promise<{ status: number; body: Json }> {
  const { status, text } = await read(path, from);
  return { status, body: JSON.parse(text) };
}

const started = () => gateway.says("with 2 workers", START_MS);

function documentOf(number: number) {
  const cities = layerOf("cities", { properties: [propertyOf("name", "string")] });
  const [datasource] = releaseOf([]).release.datasources;
  return releaseOf([cities], {
    datasources: datasource ? [{ ...datasource, pool: { max: CONNECTIONS } }] : [],
    settings: { title: `release ${number}`, defaultLimit: number, maxLimit: 100 },
  });
}

/** Acts like the reconciler: prepares on all, sets the desired release, waits until all observe it. */
async function activate(number: number): Promise<void> {
  const document = documentOf(number);
  await (await bus.objects("releases")).put(document.text);
  const prepare = { release: document.digest, deploymentId: `d-${number}` };
  for (const instance of WORKERS) {
    await bus
      .call(prepareRelease, prepare, { to: { environment: "test", instance } })
      // A worker that is being restarted does not respond; wait for it below.
      .catch((error: { code?: string }) => expect(error.code).toBe("unavailable"));
  }
  await (await bus.bucket(desiredBucket)).put("test", {
    environment: "test",
    release: document.digest,
    deploymentId: `d-${number}`,
    at: new Date().toISOString(),
  });
  await eventually(`release ${number} is observed by all`, async () => {
    const gateways = await bus.bucket(gatewaysBucket);
    const statuses = await Promise.all(WORKERS.map((name) => gateways.get(`test.${name}`)));
    return statuses.every((status) => status?.value.observedRelease === document.digest);
  });
  activated = number;
}

/** Process ids by worker number, the newest last. */
function pidsOf(worker: number): number[] {
  return [...gateway.log().matchAll(/"worker":(\d+),"pid":(\d+)/g)]
    .filter(([, number]) => Number(number) === worker)
    .map(([, , pid]) => Number(pid));
}

/** A replacement reports its release before it accepts requests. */
const allServe = () =>
  eventually("every worker takes requests", async () => {
    const { checks } = (await readJson("/health/ready", operationsPort)).body;
    return checks.workers.status === "Healthy";
  });

describe("a gateway of two workers", () => {
  it("is not ready while one worker is not ready, and reports which and why", async () => {
    const { status, body } = await readJson("/health/ready", operationsPort);
    expect(status).toBe(503);
    for (const worker of [1, 2]) {
      expect(body.checks.workers.reason).toContain(`worker ${worker}: release: no release`);
    }
  });

  it(`never serves a release older than the observed one, in ${RELEASES} releases with killed workers`, async () => {
    await activate(1);
    let observed = 1;
    let reading = true;
    let answers = 0;
    let killed = 0;
    const lost: string[] = [];
    const client = async () => {
      while (reading) {
        const oldest = observed;
        const answer = await readJson("/ogc/collections/cities/items").catch((error: Error) => {
          lost.push(error.message);
        });
        if (!answer) continue;
        expect(answer.status).toBe(200);
        expect(answer.body.features).toHaveLength(answer.body.numberReturned);
        // A request that started after a release was observed gets that release or the next.
        expect(answer.body.numberReturned).toBeGreaterThanOrEqual(oldest);
        expect(answer.body.numberReturned).toBeLessThanOrEqual(observed + 1);
        answers += 1;
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    const failed = clients.catch(() => {
      reading = false;
    });
    try {
      for (let number = 2; number <= RELEASES && reading; number += 1) {
        await activate(number);
        observed = number;
        if (number % 10 !== 0) continue;
        await allServe();
        process.kill(Number(pidsOf((killed % 2) + 1).at(-1)), "SIGKILL");
        killed += 1;
      }
    } finally {
      reading = false;
      await failed;
    }
    await clients;
    expect(observed).toBe(RELEASES);
    expect(answers).toBeGreaterThan(RELEASES * 5);
    // Only requests of a killed worker may fail.
    expect(lost.length).toBeLessThanOrEqual(killed * CLIENTS);
  }, 240_000);

  it("restarts a killed worker, reports it meanwhile, and receives its status again", async () => {
    await activate(50);
    const ready = async () => (await readJson("/health/ready", operationsPort)).body;
    await allServe();
    const before = pidsOf(2);
    process.kill(Number(before.at(-1)), "SIGKILL");
    // Do not wait for each response: one may be assigned to the killed worker.
    let reason = "";
    await eventually("one is missing, and the gateway is ready all the same", () => {
      const note = ({ status, checks }: Json) => {
        if (status === "Healthy") reason ||= checks.workers.reason ?? "";
      };
      ready().then(note, () => undefined);
      return /worker 2/.test(reason);
    });
    await eventually("another takes its place", () => pidsOf(2).length === before.length + 1);
    await allServe();
    const status = await (await bus.bucket(gatewaysBucket)).get("test.gateway-1-2");
    expect(status?.value.observedRelease).toBe(documentOf(50).digest);
    await activate(51);
    await gateway.says("Worker 2 exited (SIGKILL); restarting it");
  }, 90_000);

  it("kills and restarts a worker that hangs", async () => {
    await allServe();
    const [before, hanging] = [pidsOf(1).length, Number(pidsOf(1).at(-1))];
    // A process stopped by SIGSTOP ignores SIGTERM.
    process.kill(hanging, "SIGSTOP");
    await eventually("another takes its place", () => pidsOf(1).length === before + 1, START_MS);
    expect(() => process.kill(hanging, 0)).toThrow("ESRCH");
    await gateway.says("Worker 1 hangs: no response for 15 s; killing it");
    await gateway.says("Worker 1 exited (SIGKILL); restarting it");
    await allServe();
    await activate(60);
  }, 150_000);

  it("returns the metrics of all workers on the operations port", async () => {
    // Connections are distributed in turn, so both workers have responded.
    for (let count = 0; count < 4; count += 1) await readJson("/ogc/conformance");
    const { text } = await read("/metrics", operationsPort);
    for (const worker of [1, 2]) {
      expect(text).toMatch(
        new RegExp(`_count\\{worker="${worker}",[^}]*http_route="/ogc/conformance"`),
      );
    }
    expect(text.match(/^# TYPE http_server_request_duration /gm)).toHaveLength(1);
  });

  it("shows no metrics and no reasons on the public port, whichever worker responds", async () => {
    for (let count = 0; count < 4; count += 1) {
      expect((await read("/metrics")).status).toBe(404);
      expect((await readJson("/health/ready")).body).toEqual({ status: "Healthy" });
      expect(Object.keys((await readJson("/health/gitops")).body.components)).toEqual([
        "GitWatcher",
        "GitRepository",
        "DeploymentStateStore",
      ]);
    }
  });

  it("takes no more connections to the database than one process", async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const taken = await eventually("all connections are taken", async () => {
      await Promise.all(
        Array.from({ length: 64 }, () => readJson("/ogc/collections/cities/items?limit=100")),
      );
      const { rows } = await client.query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
      return rows[0].n >= CONNECTIONS && rows[0].n;
    });
    expect(taken).toBe(CONNECTIONS);
    await client.end();
  });

  it("stops completely: no process, status or connection remains", async () => {
    const pids = [1, 2].map((worker) => Number(pidsOf(worker).at(-1)));
    await gateway.stop();
    expect(await gateway.ended).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    const gateways = await bus.bucket(gatewaysBucket);
    for (const name of WORKERS) expect(await gateways.get(`test.${name}`)).toBeUndefined();
    await expect(read("/health/live")).rejects.toThrow("ECONNREFUSED");
  });

  it("starts with the last release while the message bus is unavailable", async () => {
    await nats.kill();
    gateway = start(port);
    const answers: number[] = [];
    const reading = eventually(
      "both workers serve",
      async () => {
        // Before the first worker serves, there is no response or no release.
        const { status } = await read("/ogc/collections");
        answers.push(status);
        return gateway.log().includes("with 2 workers");
      },
      START_MS,
    );
    await started();
    await reading;
    expect(answers.slice(answers.indexOf(200)).filter((status) => status !== 200)).toEqual([]);
    for (let count = 0; count < 4; count += 1) {
      await eventually("the release of the last run", async () => {
        return (await readJson("/ogc")).body.title === `release ${activated}`;
      });
    }
    await nats.restart();
  }, 150_000);

  it("stops even if a worker hangs", async () => {
    const pids = [1, 2].map((worker) => Number(pidsOf(worker).at(-1)));
    process.kill(Number(pids[0]), "SIGSTOP");
    await gateway.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

it("exits with a message if its port is in use", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const second = start(typeof address === "object" && address ? address.port : 0, 0);
  expect(await second.ended).toBe(1);
  expect(second.log()).toContain("another process uses it");
  await new Promise((resolve) => taken.close(resolve));
}, 90_000);
