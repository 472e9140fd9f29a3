import { type Kysely, sql } from "kysely";

const statements = [
  // The position of an event in the stream. It is assigned after the commit, by one process at a time,
  // because identity values are drawn before the commit and may become visible out of order.
  sql`alter table outbox add column position bigint`,
  sql`create unique index outbox_position on outbox (position) where position is not null`,
  sql`create index outbox_unnumbered on outbox (id) where position is null`,
  // Finds the first event after a time. Rows arrive nearly in order, so a BRIN index is sufficient.
  sql`create index outbox_created_at on outbox using brin (created_at)`,
  // One row. The epoch distinguishes this database from one that replaces it.
  sql`create table event_stream (
    singleton boolean primary key default true check (singleton),
    epoch text not null,
    last_position bigint not null default 0,
    pruned_through bigint not null default 0
  )`,
  sql`insert into event_stream (epoch)
    values (substr(md5(random()::text || clock_timestamp()::text), 1, 8))`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
