import { ERROR_CODES, type EventDefinition } from "@honua/contracts";
import { type Clock, PermanentError } from "@honua/service-kit";
import type { Transaction } from "kysely";
import type { z } from "zod";
import { type AuditRecord, auditEntry } from "../audit/audit-entry.ts";
import { executeCombinedWrite, type Write } from "../database/combined-write.ts";
import { compileOnce } from "../database/compiled-query.ts";
import type { Database } from "../database/database.ts";
import type { EnvironmentRow, Tables } from "../database/tables.ts";
import { type OutboxEntry, outboxEntry } from "../outbox/outbox-entry.ts";

/** A change under way in one environment; whoever else wants to change it waits. */
export interface EnvironmentChange {
  readonly transaction: Transaction<Tables>;
  /** When the change happens, taken once the environment was locked. */
  readonly now: Date;
  /** The environment as it is, with the updates of this change. */
  readonly environment: () => EnvironmentRow;
  /**
   * Has something written with the end of the work, in one statement with everything else that is
   * written then, so in no order. What is read before does not see it.
   */
  write(what: string, write: Write): void;
  /** Writes now what is to be written by then, as whatever follows must come after it. */
  flush(): Promise<void>;
  /** Takes effect in the database with the end of the work. */
  update(fields: Partial<Omit<EnvironmentRow, "name" | "updated_at">>): Promise<void>;
  /** Puts an event in the outbox; it is published once the change has been committed. */
  emit<Data extends z.ZodType>(event: EventDefinition<Data>, data: z.input<Data>): Promise<void>;
  /** Has the change recorded in the audit trail; `environment` is filled in. */
  audit(...records: AuditRecord[]): void;
}

/** An environment by its name, or that of a deployment. */
export type EnvironmentReference = string | { deploymentId: string };

/** @throws PermanentError `not-found` when the deployment is not there */
export type ChangeEnvironment = <Value>(
  environment: EnvironmentReference,
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
  return async (wanted, work) => {
    const told: string[] = [];
    const { name, value } = await deps.database().transaction(async (transaction) => {
      let row = await lockEnvironment(transaction, wanted, deps.clock);
      const { name } = row;
      const now = deps.clock.now();
      const records: AuditRecord[] = [];
      const events: OutboxEntry[] = [];
      const writes = new Map<string, Write>();
      let isUpdated = false;
      const flush = async () => {
        const pending = [...writes];
        writes.clear();
        await executeCombinedWrite(transaction, pending);
      };
      const value = await work({
        transaction,
        now,
        environment: () => row,
        write: (what, write) => void writes.set(what, write),
        flush,
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
      if (isUpdated) writes.set("environment", environmentUpdate(row));
      if (events.length > 0) {
        writes.set("events", (query) => query.insertInto("outbox").values(events));
      }
      if (records.length > 0) {
        const entries = records.map((record) => auditEntry(record, now));
        writes.set("records", (query) => query.insertInto("audit_intake").values(entries));
      }
      await flush();
      return { name, value };
    });
    deps.onCommitted(name, told);
    return value;
  };
}

function environmentUpdate({ name, ...row }: EnvironmentRow): Write {
  const { pause, hold, blocked, window_override, ...columns } = row;
  return (query) =>
    query
      .updateTable("environments")
      .set({
        ...columns,
        pause: asJson(pause),
        hold: asJson(hold),
        blocked: asJson(blocked),
        window_override: asJson(window_override),
      })
      .where("name", "=", name);
}

function asJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

const lockByName = compileOnce((query, name: string) =>
  query.selectFrom("environments").selectAll().where("name", "=", name).forUpdate(),
);

/** A deployment stays in its environment, so that it may be looked up before the lock is held. */
const lockByDeployment = compileOnce((query, id: string) =>
  query
    .selectFrom("environments")
    .selectAll()
    .where("name", "=", (of) =>
      of.selectFrom("deployments").select("environment").where("id", "=", id),
    )
    .forUpdate(),
);

async function lockEnvironment(
  transaction: Transaction<Tables>,
  wanted: EnvironmentReference,
  clock: Clock,
): Promise<EnvironmentRow> {
  if (typeof wanted !== "string") {
    const [found] = await lockByDeployment(transaction, wanted.deploymentId);
    if (found) return found;
    const message = `there is no deployment '${wanted.deploymentId}'`;
    throw new PermanentError(ERROR_CODES.notFound, message);
  }
  const [known] = await lockByName(transaction, wanted);
  if (known) return known;
  await transaction
    .insertInto("environments")
    .values({ name: wanted, health: "Unknown", sync_status: "Unknown", updated_at: clock.now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const [made] = await lockByName(transaction, wanted);
  if (made) return made;
  throw new Error(`environment '${wanted}' was made and is not there`);
}
