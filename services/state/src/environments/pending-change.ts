import type { EventDefinition } from "@honua/contracts";
import type { Insertable, Transaction } from "kysely";
import type { z } from "zod";
import { type AuditRecord, auditEntry } from "../audit/audit-entry.ts";
import { executeCombinedWrite, type Write } from "../database/combined-write.ts";
import type { EnvironmentRow, Tables } from "../database/tables.ts";
import { type OutboxEntry, outboxEntry } from "../outbox/outbox-entry.ts";
import type { EnvironmentChange } from "./environment-change.ts";

/**
 * Collects the writes of one environment change. The methods are bound functions, because callers
 * destructure the change.
 */
export class PendingChange implements EnvironmentChange {
  readonly transaction: Transaction<Tables>;
  readonly now: Date;
  #row: EnvironmentRow;
  #isUpdated = false;
  readonly #writes = new Map<string, Write>();
  readonly #events: OutboxEntry[] = [];
  readonly #eventNames: string[] = [];
  readonly #auditEntries: Insertable<Tables["audit_intake"]>[] = [];

  constructor(transaction: Transaction<Tables>, row: EnvironmentRow, now: Date) {
    this.transaction = transaction;
    this.now = now;
    this.#row = row;
  }

  readonly environment = (): EnvironmentRow => this.#row;

  readonly write = (name: string, write: Write): void => {
    this.#writes.set(name, write);
  };

  readonly flush = async (): Promise<void> => {
    const writes = [...this.#writes];
    this.#writes.clear();
    await executeCombinedWrite(this.transaction, writes);
  };

  readonly update = async (
    fields: Partial<Omit<EnvironmentRow, "name" | "updated_at">>,
  ): Promise<void> => {
    this.#row = { ...this.#row, ...fields, updated_at: this.now };
    this.#isUpdated = true;
  };

  readonly emit = async <Data extends z.ZodType>(
    event: EventDefinition<Data>,
    data: z.input<Data>,
  ): Promise<void> => {
    this.#eventNames.push(event.name);
    this.#events.push(outboxEntry({ environment: this.#row.name, event, data, now: this.now }));
  };

  readonly audit = (...records: AuditRecord[]): void => {
    const environment = this.#row.name;
    const entries = records.map((record) => auditEntry({ environment, ...record }, this.now));
    this.#auditEntries.push(...entries);
  };

  /** The names of the emitted events, in order. */
  eventNames(): readonly string[] {
    return this.#eventNames;
  }

  /** Writes everything that was scheduled, in one statement. */
  async writeAll(): Promise<void> {
    const events = this.#events;
    const entries = this.#auditEntries;
    if (this.#isUpdated) this.write("environment", environmentUpdate(this.#row));
    if (events.length > 0) {
      this.write("events", (query) => query.insertInto("outbox").values(events));
    }
    if (entries.length > 0) {
      this.write("records", (query) => query.insertInto("audit_intake").values(entries));
    }
    await this.flush();
  }
}

function environmentUpdate({ name, ...row }: EnvironmentRow): Write {
  const { pause, hold, blocked, window_override, ...columns } = row;
  return (query) =>
    query
      .updateTable("environments")
      .set({
        ...columns,
        pause: toJson(pause),
        hold: toJson(hold),
        blocked: toJson(blocked),
        window_override: toJson(window_override),
      })
      .where("name", "=", name);
}

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
