import { type Kysely, sql } from "kysely";

/**
 * JSON columns have the type `json`, because `jsonb` refuses the escape \u0000. No query searches
 * inside them.
 */
const statements = [
  sql`create table environments (
    name text primary key,
    health text not null,
    sync_status text not null,
    latest_commit text,
    branch text,
    live_deployment_id text,
    updated_at timestamptz not null
  )`,
  sql`create table releases (
    digest text primary key,
    environment text not null,
    document text not null,
    stored_at timestamptz not null
  )`,
  sql`create table deployments (
    sequence bigint generated always as identity unique,
    id text primary key,
    environment text not null references environments (name),
    request_id text not null,
    commit_id text not null,
    commit_info json not null,
    bundle json not null,
    tree_hash text not null,
    trigger text not null,
    initiated_by text not null,
    state text not null,
    reason text,
    error_message text,
    version integer not null,
    release text references releases (digest),
    previous_release text references releases (digest),
    plan json,
    approval_expires_at timestamptz,
    waiting_for text,
    not_before timestamptz,
    started_at timestamptz not null,
    completed_at timestamptz,
    working_ms double precision,
    updated_at timestamptz not null,
    unique (environment, request_id)
  )`,
  sql`alter table environments
    add foreign key (live_deployment_id) references deployments (id)`,
  // The newest deployment of an environment, and pages of its history.
  sql`create index deployments_history on deployments (environment, sequence desc)`,
  // Finds earlier deployments of a commit.
  sql`create index deployments_commit
    on deployments (environment, commit_id, tree_hash, sequence desc)`,
  // Enforces one active deployment per environment, and finds it.
  sql`create unique index deployments_one_active on deployments (environment)
    where state in ('Pending', 'Validating', 'Planning', 'AwaitingApproval', 'Applying',
      'PostValidating', 'RollingBack')`,
  sql`create index deployments_awaiting_approval on deployments (sequence)
    where state = 'AwaitingApproval'`,
  sql`create index deployments_pending on deployments (sequence) where state = 'Pending'`,
  // The median duration of recent successes.
  sql`create index deployments_successes on deployments (environment, completed_at desc)
    where state = 'Completed'`,
  // The last reconciliation of all environments.
  sql`create index deployments_completed_at on deployments (completed_at desc)
    where completed_at is not null`,
  // Finds the releases that are still referenced.
  sql`create index deployments_release on deployments (release)`,
  sql`create index deployments_previous_release on deployments (previous_release)`,
  sql`create index releases_stored_at on releases (stored_at)`,
  sql`create table deployment_transitions (
    deployment_id text not null references deployments (id) on delete cascade,
    version integer not null,
    from_state text,
    to_state text not null,
    at timestamptz not null,
    actor text not null,
    message text not null,
    primary key (deployment_id, version)
  )`,
  sql`create table decisions (
    sequence bigint generated always as identity primary key,
    deployment_id text not null references deployments (id) on delete cascade,
    outcome text not null,
    subject text not null,
    recorded_by text not null,
    method text not null,
    at timestamptz not null,
    reason text,
    plan_digest text not null
  )`,
  sql`create index decisions_deployment on decisions (deployment_id, sequence)`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
