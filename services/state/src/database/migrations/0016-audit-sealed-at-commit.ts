import { type Kysely, sql } from "kysely";

/**
 * The end of the audit trail is one row, which every change that is recorded has to lock. Locked by a
 * statement, it stayed so for three answers of the service, and all environments waited in one line. Now
 * the entries of a transaction are put aside, and get their places when it commits: a deferred trigger
 * locks the end, hashes with what the database has built in, and is done.
 *
 * The hash is that of `packages/audit`: SHA-256 over canonical JSON, of which the transaction brings
 * everything but what only the end of the trail knows, in the three parts around it.
 */
const statements = [
  // Empty, but for the transactions under way.
  sql`create table audit_intake (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    environment text,
    actor text not null,
    recorded_by text,
    action text not null,
    target text,
    outcome text not null,
    detail json not null,
    before_previous_hash text not null,
    before_sequence text not null,
    after_sequence text not null
  )`,
  sql`create function seal_audit_entry() returns trigger language plpgsql as $$
    declare
      head audit_head;
      next_sequence bigint;
      next_hash text;
    begin
      select * into strict head from audit_head for update;
      next_sequence := head.sequence + 1;
      next_hash := encode(sha256(convert_to(new.before_previous_hash || head.hash ||
        new.before_sequence || next_sequence || new.after_sequence, 'UTF8')), 'hex');
      insert into audit (sequence, at, environment, actor, recorded_by, action, target, outcome,
          detail, previous_hash, hash)
        values (next_sequence, new.at, new.environment, new.actor, new.recorded_by, new.action,
          new.target, new.outcome, new.detail, head.hash, next_hash);
      update audit_head set sequence = next_sequence, hash = next_hash;
      delete from audit_intake where id = new.id;
      return null;
    end
  $$`,
  sql`create constraint trigger audit_sealed after insert on audit_intake
    deferrable initially deferred for each row execute function seal_audit_entry()`,
];

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(database);
}
