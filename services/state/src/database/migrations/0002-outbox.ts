import { type Kysely, sql } from "kysely";

const statements = [
  sql`create table outbox (
    id bigint generated always as identity primary key,
    message_id text not null unique,
    environment text not null,
    type text not null,
    data json not null,
    trace_context json not null,
    created_at timestamptz not null,
    sent_at timestamptz
  )`,
  sql`create index outbox_unsent on outbox (id) where sent_at is null`,
  sql`create index outbox_sent_at on outbox (sent_at) where sent_at is not null`,
  // One row: the process that publishes.
  sql`create table outbox_lease (
    singleton boolean primary key default true check (singleton),
    holder text,
    held_until timestamptz
  )`,
  sql`insert into outbox_lease default values`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
