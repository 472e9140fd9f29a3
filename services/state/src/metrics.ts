import { metrics } from "@opentelemetry/api";
import { sql } from "kysely";
import type { Database } from "./database/database.ts";

const METER = "honua.gitops";

/** The current backlog, and the environments that need an operator. */
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
  pending: { name: "deployments.pending", description: "Deployments that are waiting to start" },
  awaiting_approval: {
    name: "deployments.awaiting_approval",
    description: "Deployments that are waiting for approval",
  },
  blocked: {
    name: "environments.blocked",
    description: "Environments blocked by a dead letter",
  },
  paused: { name: "environments.paused", description: "Paused environments" },
  held: {
    name: "environments.held",
    description: "Environments held after a manual rollback",
  },
  degraded: {
    name: "environments.degraded",
    description: "Degraded or unhealthy environments",
  },
  out_of_sync: {
    name: "environments.out_of_sync",
    description: "Environments that do not serve the newest commit",
  },
  outbox_age: {
    name: "outbox.age",
    description: "Age of the oldest unpublished event",
    unit: "s",
  },
};

/**
 * Publishes the backlog as gauges. The values cover the whole system, so every state process reports
 * the same ones. While the database is unavailable, no value is reported.
 *
 * @returns a function that unregisters the gauges
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
 * Counts committed events by name. There is no environment label: a fleet of a thousand environments
 * would create tens of thousands of series.
 */
export function createEventCounter(): (events: readonly string[]) => void {
  const counter = metrics.getMeter(METER).createCounter("honua.gitops.events", {
    description: "Recorded events",
  });
  return (events) => {
    for (const event of events) counter.add(1, { event });
  };
}

/** Reads the current backlog from the database. */
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
  throw new Error("The backlog query returned no row.");
}
