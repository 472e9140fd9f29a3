import { type Kysely, sql } from "kysely";

const statements = [
  // A separate table, so that no query for deployments can return a dry run.
  sql`create table dry_runs (
    sequence bigint generated always as identity unique,
    id text primary key,
    environment text not null references environments (name),
    request_id text not null,
    trigger text not null,
    initiated_by text not null,
    commit_id text not null,
    commit_info json not null,
    tree_hash text not null,
    plan json,
    error_message text,
    at timestamptz not null,
    unique (environment, request_id)
  )`,
  sql`create index dry_runs_history on dry_runs (environment, sequence desc)`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
