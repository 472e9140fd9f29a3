import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeploymentSummary } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

/** `honua up` with the user's own repository, databases and bus. The tests build on each other. */
let nats: RunningNats;
let state: TestDatabase;
let gis: TestDatabase;
let repository: string;
let commit: string;
let stack: LocalStack;

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], {
    cwd: repository,
    encoding: "utf8",
  }).trim();

async function writeJson(path: string, document: object): Promise<void> {
  await mkdir(join(repository, "environments/staging"), { recursive: true });
  await writeFile(join(repository, "environments/staging", path), JSON.stringify(document));
}

beforeAll(async () => {
  [nats, state, gis, repository] = await Promise.all([
    startNats(),
    createDatabase(),
    createDatabase(),
    mkdtemp(join(tmpdir(), "honua-own-")),
  ]);
  const client = new pg.Client({ connectionString: gis.url });
  await client.connect();
  await client.query("create table wells (id int primary key, geom geometry(Point, 4326))");
  await client.query("insert into wells values (7, st_point(2, 41, 4326))");
  await client.end();

  const place = { table: "public.wells", geometryColumn: "geom", geometryType: "Point" };
  const wells = { id: "wells", datasource: "own", srid: 4326, idColumn: "id", ...place };
  await writeJson("metadata.json", { services: [{ id: "water", layers: [wells] }] });
  const own = { id: "own", type: "PostgreSQL", connectionString: "${DB_CONNECTION_STRING}" };
  await writeJson("datasources.json", { datasources: [own] });
  git("init", "--quiet", "--initial-branch", "release");
  git("add", "--all");
  git("commit", "--quiet", "--message", "feat: Wells");
  commit = git("rev-parse", "HEAD");

  stack = await startLocalStack([
    ...["--repo", repository, "--branch", "release", "--environment", "staging"],
    ...["--nats-url", nats.url, "--database-url", state.url, "--gis-database-url", gis.url],
    ...["--scale", "reconciler=2", "--scale", "gis-gateway=2"],
  ]);
}, 180_000);
afterAll(async () => {
  await stack?.remove();
  await nats?.stop();
  await Promise.all([state?.drop(), gis?.drop()]);
  if (repository) await rm(repository, { recursive: true, force: true });
});

async function getFromState<Body>(path: string): Promise<Body> {
  const { urls, token } = await stack.description();
  const headers = { authorization: `Bearer ${token}` };
  return (await (await fetch(`${urls.state}/api/gitops${path}`, { headers })).json()) as Body;
}

const newestDeployment = async () =>
  (await getFromState<{ items: DeploymentSummary[] }>("/environments/staging/deployments"))
    .items[0];

test("--repo, --branch, --environment and --gis-database-url select the configuration and its data", async () => {
  const first = await eventually("the first deployment", async () => {
    const deployment = await newestDeployment();
    return deployment?.state === "Completed" ? deployment : undefined;
  });
  expect(first).toMatchObject({ commit, branch: "release", environment: "staging" });
  const { urls, repository: watched, workingCopy } = await stack.description();
  expect({ watched, workingCopy }).toEqual({
    watched: expect.stringContaining(repository),
    workingCopy: null,
  });
  const items = await fetch(`${urls.gateway}/ogc/collections/wells/items`);
  expect(await items.json()).toMatchObject({ features: [{ id: 7 }] });
});

test("--database-url and --nats-url use existing servers, and --scale sets the number of processes", async () => {
  const { pids, databaseUrl, natsUrl, gisDatabaseUrl } = await stack.description();
  expect({ databaseUrl, natsUrl, gisDatabaseUrl }).toEqual({
    databaseUrl: state.url,
    natsUrl: nats.url,
    gisDatabaseUrl: gis.url,
  });
  const processes = Object.entries(pids).map(([name, all]) => `${name} ${all.length}`);
  expect(processes.sort()).toEqual([
    "approvals 1",
    "gis-gateway 2",
    "reconciler 2",
    "state 1",
    "watcher 1",
  ]);
  const client = new pg.Client({ connectionString: state.url });
  await client.connect();
  const { rows } = await client.query("select name from environments");
  await client.end();
  expect(rows).toEqual([{ name: "staging" }]);
});

test("without --reset, honua keeps its home; --poll-interval sets the polling interval", async () => {
  await writeFile(markerFile(), "marker");
  const { token } = await stack.description();
  await stack.interrupt();
  await stack.start(["--poll-interval", "3600"]);
  expect(existsSync(markerFile())).toBe(true);
  expect((await stack.description()).token).toBe(token);
  expect(await readLogs("watcher")).toContain("every 3600 seconds");
});

test("--reset removes only the home", async () => {
  const { token } = await stack.description();
  await stack.interrupt();
  await stack.start(["--reset"]);
  expect(existsSync(markerFile())).toBe(false);
  expect((await stack.description()).token).not.toBe(token);
  // The history is in the user's database, which honua does not reset.
  expect(await newestDeployment()).toMatchObject({ commit, state: "Completed" });
});

const markerFile = () => join(stack.home, "logs/marker");

function readLogs(service: string): Promise<string> {
  return readFile(join(stack.home, `logs/${service}.log`), "utf8");
}
