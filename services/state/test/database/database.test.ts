import { freePort } from "@honua/testing/free-port";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { migrateDatabase } from "../../src/database/migrate-database.ts";
import { waitForDatabase } from "../../src/database/wait-for-database.ts";
import { readBacklog } from "../../src/metrics.ts";
import { pruneDeployments } from "../../src/retention/prune-deployments.ts";
import {
  advanceTo,
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { connectTestBus, log, startState } from "../fixtures/running-state.ts";

let testDatabase: TestDatabase;
let nats: RunningNats;
let database: Database;

beforeAll(async () => {
  [testDatabase, nats] = await Promise.all([createDatabase(), startNats()]);
  database = await openDatabase(testDatabase.url, log);
});
afterAll(async () => {
  await database?.close();
  await nats?.stop();
  await testDatabase?.drop();
});

test("migrates once when processes start together, and not again later", async () => {
  const other = await openDatabase(testDatabase.url, log);
  const applied = await Promise.all([
    migrateDatabase(database.kysely),
    migrateDatabase(other.kysely),
  ]);
  expect(applied.flat()).toEqual([
    "0001-environments-and-deployments",
    "0002-outbox",
    "0003-dead-letters",
    "0004-pause",
    "0005-rollback",
    "0006-window-override",
    "0007-audit",
    "0010-approvals-of-several-people",
    "0012-event-stream",
    "0013-dry-runs",
    "0014-refused-commits",
    "0015-blocked-and-plan-document",
    "0016-audit-sealed-at-commit",
    "0017-transition-requests",
    "0018-quick-compression",
  ]);
  expect(await migrateDatabase(database.kysely)).toEqual([]);
  await other.close();
});

test("compresses large texts with LZ4 if the server supports it", async () => {
  const { rows } = await sql<{ column: string; compression: string }>`
    select attname as column, attcompression as compression from pg_attribute
    where attrelid in ('releases'::regclass, 'deployments'::regclass)
      and attname in ('document', 'plan', 'plan_document') order by attname
  `.execute(database.kysely);
  const all = ["document", "plan", "plan_document"];
  expect(rows).toEqual(all.map((column) => ({ column, compression: "l" })));
});

test("reports an unavailable database in one line", async () => {
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const { signal } = new AbortController();
  await expect(waitForDatabase({ url, log, signal, connectWithinMs: 300 })).rejects.toMatchObject({
    code: "database-unavailable",
    message: expect.stringMatching(/^Cannot reach the state database: .*ECONNREFUSED.*$/),
  });
});

test("maps an outdated cached plan to a transient error and prepares the statement again", async () => {
  await sql`create table widening (id integer)`.execute(database.kysely);
  const read = () =>
    database.read((reader) => sql`select * from widening where id = ${1}`.execute(reader));
  await read();
  await sql`alter table widening add column more text`.execute(database.kysely);
  await expect(read()).rejects.toMatchObject({ code: "unavailable", kind: "transient" });
  expect((await read()).rows).toEqual([]);
});

test("keeps the newest, live and active deployments and their releases", async () => {
  const state = await startState({ databaseUrl: testDatabase.url, natsUrl: nats.url });
  const bus = await connectTestBus(nats.url);
  try {
    const environment = uniqueEnvironment();
    const old = await completeNewDeployment(bus, openRequest(environment));
    const live = await completeNewDeployment(bus, openRequest(environment));
    const failures = [];
    for (let n = 0; n < 3; n += 1) {
      failures.push(
        await advanceTo(bus, await openNewDeployment(bus, openRequest(environment)), "RolledBack"),
      );
    }
    await sql`update releases set stored_at = now() - interval '2 days'`.execute(database.kysely);
    await pruneDeployments(database, 2);
    const kept = await database.kysely
      .selectFrom("deployments")
      .select("id")
      .where("environment", "=", environment)
      .orderBy("sequence")
      .execute();
    expect(kept.map(({ id }) => id)).toEqual([live.id, failures[1]?.id, failures[2]?.id]);
    const releases = await database.kysely.selectFrom("releases").select("digest").execute();
    const digests = releases.map(({ digest }) => digest);
    // The release before `live` is kept as its rollback target.
    expect(digests).toContain(old.release);
    expect(digests).toContain(live.release);
    expect(digests).not.toContain(failures[0]?.release);

    await sql`update deployments set completed_at = now() - interval '8 days'
      where id in (${live.id}, ${failures[1]?.id})`.execute(database.kysely);
    await pruneDeployments(database, 500, 9);
    const young = () => database.kysely.selectFrom("deployments").select("id").execute();
    expect((await young()).map(({ id }) => id)).toContain(failures[1]?.id);
    await pruneDeployments(database, 500, 7);
    const left = (await young()).map(({ id }) => id);
    expect(left).not.toContain(failures[1]?.id);
    expect(left).toEqual(expect.arrayContaining([live.id, failures[2]?.id]));

    const waiting = await advanceTo(
      bus,
      await openNewDeployment(bus, openRequest(uniqueEnvironment())),
      "AwaitingApproval",
    );
    await openNewDeployment(bus, openRequest(uniqueEnvironment()));
    await pruneDeployments(database, 0);
    const present = await database.kysely.selectFrom("deployments").select("id").execute();
    expect(present.map(({ id }) => id)).toContain(waiting.id);
    expect(await readBacklog(database)).toMatchObject({ pending: 1, awaiting_approval: 1 });
  } finally {
    await bus.close();
    await state.stop();
  }
});

test("uses an index for each query of the hot paths", async () => {
  const plans = [
    [
      sql`select * from deployments where environment = 'e' order by sequence desc limit 20`,
      "history",
    ],
    [
      sql`select * from deployments where environment = 'e' and commit_id = 'c' and tree_hash = 't'
        order by sequence desc limit 1`,
      "commit",
    ],
    [
      sql`select * from deployments where environment = 'e' and state in ('Pending', 'Validating',
        'Planning', 'AwaitingApproval', 'Applying', 'PostValidating', 'RollingBack')`,
      "one_active",
    ],
    [sql`select * from deployments where environment = 'e' and request_id = 'r'`, "request_id"],
    [
      sql`select working_ms from deployments where environment = 'e' and state = 'Completed'
        order by completed_at desc limit 20`,
      "successes",
    ],
    [sql`select * from outbox where sent_at is null order by id limit 100`, "outbox_unsent"],
    [
      sql`select * from decisions where deployment_id = 'd' order by sequence`,
      "decisions_deployment",
    ],
  ] as const;
  await database.kysely.connection().execute(async (connection) => {
    await sql`set enable_seqscan = off`.execute(connection);
    for (const [query, index] of plans) {
      const { rows } = await sql<Record<string, string>>`explain ${query}`.execute(connection);
      const plan = rows.map((row) => Object.values(row).join()).join("\n");
      expect(plan).toContain(index);
    }
    await sql`reset enable_seqscan`.execute(connection);
  });
});
