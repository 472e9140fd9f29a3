import { type Kysely, sql } from "kysely";

const statements = [
  // Where an event stands in the stream that operators read. It is given after the commit, by one
  // process at a time: identities are drawn before it, and so may become visible out of order.
  sql`alter table outbox add column position bigint`,
  sql`create unique index outbox_position on outbox (position) where position is not null`,
  sql`create index outbox_unnumbered on outbox (id) where position is null`,
  // Begin at a time: rows arrive nearly in order, so a few pages of summaries are enough.
  sql`create index outbox_created_at on outbox using brin (created_at)`,
  // One row. The epoch tells a database from another one that replaced it.
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
