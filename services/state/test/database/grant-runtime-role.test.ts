import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getEnvironmentOverview } from "@honua/contracts";
import { type RunningNats, startNats } from "@honua/testing/nats";
import {
  type PostgresCluster,
  postgresBinaries,
  startPostgresCluster,
} from "@honua/testing/postgres-cluster";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  completeNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { connectTestBus, startState, TOKENS } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";

/** The deployed roles, on a separate server, because roles belong to the whole server. */
const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
let cluster: PostgresCluster;
let nats: RunningNats;
let passwords: string;

beforeAll(async () => {
  [cluster, nats] = await Promise.all([startPostgresCluster(), startNats()]);
  passwords = await mkdtemp(join(tmpdir(), "honua-passwords-"));
  for (const name of ["state-owner", "state", "gateway"]) {
    await writeFile(join(passwords, `${name}-password`), `of ${name}`);
  }
  const { hostname, port } = new URL(cluster.url);
  await run("sh", [join(ROOT, "deploy/postgres/create-roles.sh")], {
    env: {
      PATH: [postgresBinaries(), process.env.PATH].join(delimiter),
      PASSWORDS: passwords,
      PGHOST: hostname,
      PGPORT: port,
    },
  });
});
afterAll(async () => {
  await nats?.stop();
  await cluster?.stop();
  await rm(passwords, { recursive: true, force: true });
});

/** Creates a database and migrates it with the owner's job. */
async function createEmptyDatabase(name: string): Promise<void> {
  await queryAs("postgres", `create database ${name} owner honua_state_owner`, "postgres");
  await migrateState({
    DATABASE_URL: urlOf("honua_state_owner", name),
    DATABASE_RUNTIME_ROLE: "honua_state",
  });
}

function urlOf(role: string, database = "honua"): string {
  const url = new URL(cluster.url);
  url.username = role;
  url.pathname = `/${database}`;
  return url.toString();
}

/** Runs the job as the container does. */
function migrateState(environment: Record<string, string>) {
  const job = join(ROOT, "services/state/src/database/migrate-job.ts");
  return run(process.execPath, [job], { env: { PATH: process.env.PATH, ...environment } });
}

async function queryAs(role: string, statement: string, database?: string) {
  const client = new pg.Client({ connectionString: urlOf(role, database) });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

test("runs the service as a role that can append to the audit trail but not change it", async () => {
  const options = { databaseUrl: urlOf("honua_state"), natsUrl: nats.url } as const;
  await expect(startState({ ...options, migrations: "expect" })).rejects.toMatchObject({
    code: "migrations-missing",
    message: expect.stringContaining("migrate-state"),
  });

  const job = { DATABASE_URL: urlOf("honua_state_owner"), DATABASE_RUNTIME_ROLE: "honua_state" };
  expect((await migrateState(job)).stdout).toContain("0007-audit");
  expect((await migrateState(job)).stdout).toContain("the schema is up to date");

  const state = await startState({ ...options, migrations: "expect" });
  const bus = await connectTestBus(nats.url);
  try {
    const environment = uniqueEnvironment();
    const live = await completeNewDeployment(bus, openRequest(environment));
    expect(await bus.call(getEnvironmentOverview, { environment })).toMatchObject({
      live: { deploymentId: live.id },
    });
  } finally {
    await bus.close();
    await state.stop();
  }
  expect((await queryAs("honua_state", "select * from audit")).rows.length).toBe(3);
  for (const statement of [
    "update audit set actor = 'user:eve'",
    "delete from audit",
    "truncate audit",
    "alter table audit disable trigger all",
    "drop table audit",
    "drop trigger audit_only_grows on audit",
    "set session_replication_role = replica",
    "delete from audit_head",
    "create table mine ()",
    "delete from kysely_migration",
  ]) {
    await expect(queryAs("honua_state", statement), statement).rejects.toMatchObject({
      code: "42501",
    });
  }
  await expect(queryAs("honua_state", "update audit_head set sequence = 1")).rejects.toThrow(
    "only grows",
  );
  await expect(queryAs("honua_gateway", "select 1")).rejects.toMatchObject({ code: "42501" });
  await expect(queryAs("honua_state", "select 1", "gis")).rejects.toMatchObject({ code: "42501" });
});

test("exports and restores a backup as the runtime role, into a database of the owner", async () => {
  await Promise.all(["backed_up", "restored"].map(createEmptyDatabase));
  const start = (name: string) =>
    startState({
      databaseUrl: urlOf("honua_state", name),
      natsUrl: nats.url,
      migrations: "expect",
    });
  const headers = { authorization: `Bearer ${TOKENS.admin}` };
  const environment = uniqueEnvironment();

  const source = await start("backed_up");
  const bus = await connectTestBus(nats.url);
  await completeNewDeployment(bus, openRequest(environment));
  const backup = await (await fetch(`${source.url}/api/gitops/backup`, { headers })).text();
  await bus.close();
  await source.stop();

  const target = await start("restored");
  try {
    const response = await fetch(`${target.url}/api/gitops/backup`, {
      method: "POST",
      headers,
      body: backup,
    });
    expect(response.status, await response.text()).toBe(200);
    const document = await requestState(target.url, `/environments/${environment}`);
    expect(document.body).toMatchObject({ health: "Healthy", syncStatus: "Synced" });
  } finally {
    await target.stop();
  }
  const said = "select count(*)::int as entries from audit";
  expect((await queryAs("honua_state", said, "restored")).rows).toEqual([{ entries: 5 }]);
});
