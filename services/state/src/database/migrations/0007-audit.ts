import { type Kysely, sql } from "kysely";

/**
 * The audit trail is append-only. In production the role of the service may only insert and select
 * (`grant-runtime-role.ts`). The triggers protect databases where one role owns everything. The hash
 * chain reveals changes that circumvent both.
 */
const statements = [
  sql`create table audit (
    sequence bigint primary key,
    at timestamptz not null,
    environment text,
    actor text not null,
    recorded_by text,
    action text not null,
    target text,
    outcome text not null,
    detail json not null,
    previous_hash text not null unique,
    hash text not null unique
  )`,
  sql`create index audit_environment on audit (environment, sequence desc)`,
  sql`create index audit_actor on audit (actor, sequence desc)`,
  sql`create index audit_action on audit (action, sequence desc)`,
  // One row: the chain head. Each append locks it.
  sql`create table audit_head (
    singleton boolean primary key default true check (singleton),
    sequence bigint not null,
    hash text not null
  )`,
  sql`insert into audit_head (sequence, hash) values (0, repeat('0', 64))`,
  sql`create function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      raise exception '% of table % is refused: the audit trail only grows', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
    end
  $$`,
  sql`create trigger audit_only_grows before update or delete or truncate on audit
    for each statement execute function refuse_audit_change()`,
  sql`create trigger audit_head_stays before delete or truncate on audit_head
    for each statement execute function refuse_audit_change()`,
  sql`create trigger audit_head_advances before update on audit_head
    for each row when (new.sequence <= old.sequence) execute function refuse_audit_change()`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
