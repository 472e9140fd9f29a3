import { metrics } from "@opentelemetry/api";
import { sql } from "kysely";
import type { Database } from "./database/database.ts";

/**
 * Publishes what waits: deployments pending and awaiting approval, environments blocked, and how long the oldest event
 * has waited in the outbox. A database that is away gives no value.
 *
 * @returns ends the observation
 */
export function observeBacklog(database: Database): () => void {
  const meter = metrics.getMeter("honua.gitops");
  const pending = meter.createObservableGauge("honua.gitops.deployments.pending", {
    description: "Deployments that wait to start",
  });
  const awaitingApproval = meter.createObservableGauge(
    "honua.gitops.deployments.awaiting_approval",
    { description: "Deployments that wait for people" },
  );
  const blocked = meter.createObservableGauge("honua.gitops.environments.blocked", {
    description: "Environments in which a message was given up, waiting for a person",
  });
  const outboxAge = meter.createObservableGauge("honua.gitops.outbox.age", {
    description: "How long the oldest event has waited to be published",
    unit: "s",
  });

  const observe = async (result: { observe(gauge: typeof pending, value: number): void }) => {
    const backlog = await readBacklog(database).catch(() => undefined);
    if (!backlog) return;
    result.observe(pending, backlog.pending);
    result.observe(awaitingApproval, backlog.awaiting_approval);
    result.observe(blocked, backlog.blocked);
    result.observe(outboxAge, backlog.outbox_age);
  };
  const observed = [pending, awaitingApproval, blocked, outboxAge];
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

export interface Backlog {
  pending: number;
  awaiting_approval: number;
  blocked: number;
  /** Seconds. */
  outbox_age: number;
}

/** What waits at the moment. */
export async function readBacklog(database: Database): Promise<Backlog> {
  const { rows } = await database.read((reader) =>
    sql<Backlog>`
      select
        (select count(*)::int from deployments where state = 'Pending') as pending,
        (select count(*)::int from deployments where state = 'AwaitingApproval')
          as awaiting_approval,
        (select count(*)::int from environments where blocked is not null) as blocked,
        (select coalesce(greatest(extract(epoch from now() - min(created_at)), 0), 0)::float
          from outbox where sent_at is null) as outbox_age
    `.execute(reader),
  );
  return rows[0] ?? { pending: 0, awaiting_approval: 0, blocked: 0, outbox_age: 0 };
}
