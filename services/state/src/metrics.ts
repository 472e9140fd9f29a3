import { metrics } from "@opentelemetry/api";
import { sql } from "kysely";
import type { Database } from "./database/database.ts";

const METER = "honua.gitops";

/** What waits, or wants a person to look, at the moment. */
export interface Backlog {
  pending: number;
  awaiting_approval: number;
  blocked: number;
  paused: number;
  held: number;
  degraded: number;
  out_of_sync: number;
  /** Seconds. */
  outbox_age: number;
}

const GAUGES: Record<keyof Backlog, { name: string; description: string; unit?: string }> = {
  pending: { name: "deployments.pending", description: "Deployments that wait to start" },
  awaiting_approval: {
    name: "deployments.awaiting_approval",
    description: "Deployments that wait for people",
  },
  blocked: {
    name: "environments.blocked",
    description: "Environments in which a message was given up, waiting for a person",
  },
  paused: { name: "environments.paused", description: "Environments that an operator paused" },
  held: {
    name: "environments.held",
    description: "Environments whose newest commit a rollback by hand holds back",
  },
  degraded: {
    name: "environments.degraded",
    description: "Environments that are Degraded or Unhealthy",
  },
  out_of_sync: {
    name: "environments.out_of_sync",
    description: "Environments that do not serve what Git says",
  },
  outbox_age: {
    name: "outbox.age",
    description: "How long the oldest event has waited to be published",
    unit: "s",
  },
};

/**
 * Publishes how much waits and how many environments want a look, of the whole system: every state
 * process says the same. A database that is away gives no value.
 *
 * @returns ends the observation
 */
export function observeBacklog(database: Database): () => void {
  const meter = metrics.getMeter(METER);
  const gauges = Object.entries(GAUGES).map(([key, { name, ...options }]) => ({
    key: key as keyof Backlog,
    gauge: meter.createObservableGauge(`${METER}.${name}`, options),
  }));
  type Gauge = (typeof gauges)[number]["gauge"];
  const observe = async (result: { observe(gauge: Gauge, value: number): void }) => {
    const backlog = await readBacklog(database).catch(() => undefined);
    if (!backlog) return;
    for (const { key, gauge } of gauges) result.observe(gauge, backlog[key]);
  };
  const observed = gauges.map(({ gauge }) => gauge);
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

/**
 * Counts what happened, by the name of the event that tells of it, once it is committed. Not by
 * environment: a fleet of a thousand would make tens of thousands of series.
 */
export function createEventCounter(): (events: readonly string[]) => void {
  const counter = metrics.getMeter(METER).createCounter("honua.gitops.events", {
    description: "Events that were recorded",
  });
  return (events) => {
    for (const event of events) counter.add(1, { event });
  };
}

/** What waits at the moment. */
export async function readBacklog(database: Database): Promise<Backlog> {
  const { rows } = await database.read((reader) =>
    sql<Backlog>`
      select
        (select count(*)::int from deployments where state = 'Pending') as pending,
        (select count(*)::int from deployments where state = 'AwaitingApproval')
          as awaiting_approval,
        environments.*,
        (select coalesce(greatest(extract(epoch from now() - min(created_at)), 0), 0)::float
          from outbox where sent_at is null) as outbox_age
      from (
        select
          (count(*) filter (where blocked is not null))::int as blocked,
          (count(*) filter (where pause is not null))::int as paused,
          (count(*) filter (where hold is not null))::int as held,
          (count(*) filter (where health in ('Degraded', 'Unhealthy')))::int as degraded,
          (count(*) filter (where sync_status = 'OutOfSync'))::int as out_of_sync
        from environments
      ) environments
    `.execute(reader),
  );
  const [backlog] = rows;
  if (backlog) return backlog;
  throw new Error("the backlog has no row");
}
