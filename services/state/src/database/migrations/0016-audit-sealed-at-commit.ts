import { type Kysely, sql } from "kysely";

/**
 * Every audited change locks the chain head, which is one row. When a statement locked it, the lock was
 * held for three round trips of the service, and all environments waited for each other. Now the entries
 * of a transaction are stored in `audit_intake` and get their positions at commit: a deferred trigger
 * locks the head, hashes inside the database, and ends.
 *
 * The hash is that of `packages/audit`: SHA-256 over canonical JSON. The transaction supplies the JSON in
 * three parts, around the previous hash and the sequence, which only the chain head provides.
 */
const statements = [
  // Empty, except during open transactions.
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
