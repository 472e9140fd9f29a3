import { type Kysely, sql } from "kysely";

const statements = [
  sql`create table dead_letters (
    sequence bigint generated always as identity primary key,
    environment text not null,
    consumer text not null,
    subject text not null,
    message_id text not null,
    payload text not null,
    error_code text not null,
    error_message text not null,
    deliveries integer not null,
    at timestamptz not null,
    unique (consumer, message_id)
  )`,
  sql`create index dead_letters_environment on dead_letters (environment, sequence desc)`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
