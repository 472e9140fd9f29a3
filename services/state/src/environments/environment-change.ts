import type { EventDefinition } from "@honua/contracts";
import type { Transaction } from "kysely";
import type { z } from "zod";
import type { AuditRecord } from "../audit/audit-entry.ts";
import type { Write } from "../database/combined-write.ts";
import type { EnvironmentRow, Tables } from "../database/tables.ts";
import type { EnvironmentReference } from "./lock-environment.ts";

/** A change of one environment. Other changes of the same environment wait until it ends. */
export interface EnvironmentChange {
  readonly transaction: Transaction<Tables>;
  /** The time of the change, read after the environment was locked. */
  readonly now: Date;
  /** The environment row, including the updates of this change. */
  readonly environment: () => EnvironmentRow;
  /**
   * Schedules a write. All scheduled writes are executed in one statement when the work ends, in no
   * particular order. Reads before that do not see them.
   *
   * @param name unique within the statement; a second write of the same name replaces the first
   */
  write(name: string, write: Write): void;
  /** Executes the scheduled writes now, for writes that must precede later ones. */
  flush(): Promise<void>;
  /** Updates the environment row when the work ends. */
  update(fields: Partial<Omit<EnvironmentRow, "name" | "updated_at">>): Promise<void>;
  /** Adds an event to the outbox. It is published after the commit. */
  emit<Data extends z.ZodType>(event: EventDefinition<Data>, data: z.input<Data>): Promise<void>;
  /** Adds records to the audit trail. `environment` is filled in. */
  audit(...records: AuditRecord[]): void;
}

/**
 * Runs `work` as a change of one environment.
 *
 * @throws PermanentError `not-found` if the referenced deployment does not exist
 */
export type ChangeEnvironment = <Value>(
  environment: EnvironmentReference,
  work: (change: EnvironmentChange) => Promise<Value>,
) => Promise<Value>;
