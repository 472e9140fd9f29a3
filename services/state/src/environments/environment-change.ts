import type { EventDefinition } from "@honua/contracts";
import type { Clock } from "@honua/service-kit";
import type { Transaction } from "kysely";
import type { z } from "zod";
import { type AuditRecord, appendAudit } from "../audit/append-audit.ts";
import type { Database } from "../database/database.ts";
import type { EnvironmentRow, Tables } from "../database/tables.ts";
import { appendToOutbox, type OutboxEntry, outboxEntry } from "../outbox/append-to-outbox.ts";

/** A change under way in one environment; whoever else wants to change it waits. */
export interface EnvironmentChange {
  readonly transaction: Transaction<Tables>;
  /** When the change happens, taken once the environment was locked. */
  readonly now: Date;
  /** The environment as it is, with the updates of this change. */
  readonly environment: () => EnvironmentRow;
  /** Takes effect in the database with the end of the work, in one statement with the events. */
  update(fields: Partial<Omit<EnvironmentRow, "name" | "updated_at">>): Promise<void>;
  /** Puts an event in the outbox; it is published once the change has been committed. */
  emit<Data extends z.ZodType>(event: EventDefinition<Data>, data: z.input<Data>): Promise<void>;
  /** Has the change recorded in the audit trail; `environment` is filled in. */
  audit(...records: AuditRecord[]): void;
}

export type ChangeEnvironment = <Value>(
  environment: string,
  work: (change: EnvironmentChange) => Promise<Value>,
) => Promise<Value>;

/**
 * Changes of an environment, one after the other: each in one transaction that holds the lock of
 * the environment's row, which is made on first use.
 *
 * @param deps.onCommitted told after each commit which environment changed, and the names of the events
 *   that it led to
 */
export function createEnvironmentChanges(deps: {
  database: () => Database;
  clock: Clock;
  onCommitted: (environment: string, events: readonly string[]) => void;
}): ChangeEnvironment {
  return async (name, work) => {
    const told: string[] = [];
    const value = await deps.database().transaction(async (transaction) => {
      let row = await lockEnvironment(transaction, name, deps.clock);
      const now = deps.clock.now();
      const records: AuditRecord[] = [];
      const events: OutboxEntry[] = [];
      let isUpdated = false;
      const value = await work({
        transaction,
        now,
        environment: () => row,
        async update(fields) {
          row = { ...row, ...fields, updated_at: now };
          isUpdated = true;
        },
        async emit(event, data) {
          told.push(event.name);
          events.push(outboxEntry({ environment: name, event, data, now }));
        },
        audit: (...more) => {
          records.push(...more.map((record) => ({ environment: name, ...record })));
        },
      });
      await store(transaction, isUpdated ? row : undefined, events);
      await appendAudit(transaction, records, now);
      return value;
    });
    deps.onCommitted(name, told);
    return value;
  };
}

/** What a change did to its environment, and what is to be told of it, in one statement. */
async function store(
  transaction: Transaction<Tables>,
  row: EnvironmentRow | undefined,
  events: readonly OutboxEntry[],
): Promise<void> {
  if (!row) return appendToOutbox(transaction, events);
  const { name, pause, hold, blocked, window_override, ...columns } = row;
  const update = transaction
    .updateTable("environments")
    .set({
      ...columns,
      pause: asJson(pause),
      hold: asJson(hold),
      blocked: asJson(blocked),
      window_override: asJson(window_override),
    })
    .where("name", "=", name);
  if (events.length === 0) await update.execute();
  else
    await appendToOutbox(
      transaction.with("changed", () => update),
      events,
    );
}

function asJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

async function lockEnvironment(
  transaction: Transaction<Tables>,
  name: string,
  clock: Clock,
): Promise<EnvironmentRow> {
  const lock = () =>
    transaction.selectFrom("environments").selectAll().where("name", "=", name).forUpdate();
  const known = await lock().executeTakeFirst();
  if (known) return known;
  await transaction
    .insertInto("environments")
    .values({ name, health: "Unknown", sync_status: "Unknown", updated_at: clock.now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return lock().executeTakeFirstOrThrow();
}
