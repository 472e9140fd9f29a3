import {
  type Bus,
  type Clock,
  createHttpService,
  createTokenVerifier,
  type HttpCertificate,
  type HttpService,
  type Log,
  TransientError,
} from "@honua/service-kit";
import { createAttemptRecorder } from "./audit/record-attempt.ts";
import type { Database } from "./database/database.ts";
import { migrateDatabase, requireCurrentSchema } from "./database/migrate-database.ts";
import { waitForDatabase } from "./database/wait-for-database.ts";
import { createEnvironmentChanges } from "./environments/change-environment.ts";
import { readEnvironmentNames } from "./environments/read-environments.ts";
import { createEventFeed } from "./event-stream/event-feed.ts";
import { readinessChecks } from "./health/readiness.ts";
import { stateRoutes } from "./http/state-routes.ts";
import { createEventCounter, observeBacklog } from "./metrics.ts";
import { createOutboxRelay, type OutboxRelay } from "./outbox/outbox-relay.ts";
import { createRetentionJob } from "./retention/retention-job.ts";
import { serveCalls } from "./rpc/serve-calls.ts";
import type { StateSettings } from "./settings.ts";
import { readStateDocument } from "./state-document/state-document.ts";
import { createStateFiles } from "./state-document/state-files.ts";

export interface StateServiceDeps {
  settings: Pick<
    StateSettings,
    "HOST" | "PORT" | "DATABASE_URL" | "DATABASE_MIGRATIONS" | "GitOps"
  >;
  instance: string;
  log: Log;
  clock: Clock;
  connectBus: () => Promise<Bus>;
  busFault?: () => string | undefined;
  certificate?: HttpCertificate | undefined;
  metrics?: (write: (text: string) => void) => Promise<void>;
}

/** Milliseconds to wait for the database while the process starts. */
const DATABASE_START_TIMEOUT_MS = 60_000;

/**
 * Creates the state service. It starts in three steps: the HTTP server, so that `/health/ready` can
 * report what is missing; the database and its migrations; the message bus and its calls.
 */
export function createStateService(deps: StateServiceDeps): HttpService {
  const { settings, log, clock, instance } = deps;
  const stopping = new AbortController();
  // In start order. `stop` runs them in reverse.
  const stopCallbacks: (() => Promise<void> | void)[] = [];
  let connectedDatabase: Database | undefined;
  let connectedBus: Bus | undefined;
  let relay: OutboxRelay | undefined;

  const database = () => {
    if (connectedDatabase) return connectedDatabase;
    throw new TransientError("unavailable", "The state database is not connected yet.");
  };
  const bus = () => connectedBus;
  const countEvents = createEventCounter();
  const stateFiles = createStateFiles({
    directory: settings.GitOps.StateDirectory,
    read: (name) => database().snapshot((reader) => readStateDocument(reader, name)),
    log,
  });
  const feed = createEventFeed({ database, log });
  const changeEnvironment = createEnvironmentChanges({
    database,
    clock,
    onCommitted(environment, events) {
      countEvents(events);
      if (events.length > 0) {
        relay?.wake();
        feed.wake();
      }
      stateFiles.refresh(environment);
    },
  });
  const recordAttempt = createAttemptRecorder({ database, clock });
  const http = createHttpService({
    host: settings.HOST,
    port: settings.PORT,
    certificate: deps.certificate,
    log,
    checks: readinessChecks({ database, bus, busFault: deps.busFault }),
    ...(deps.metrics ? { metrics: deps.metrics } : {}),
    routes: stateRoutes({
      database,
      bus,
      changeEnvironment,
      feed,
      events: settings.GitOps.Events,
      stopping: stopping.signal,
      recordAttempt,
      tokens: createTokenVerifier(settings.GitOps),
      log,
    }),
  });

  const startDatabase = async (): Promise<Database> => {
    const opened = await waitForDatabase({
      url: settings.DATABASE_URL,
      log,
      signal: stopping.signal,
      connectWithinMs: DATABASE_START_TIMEOUT_MS,
    });
    stopCallbacks.push(() => opened.close());
    if (settings.DATABASE_MIGRATIONS === "expect") await requireCurrentSchema(opened.kysely);
    else await applyMigrations(opened);
    connectedDatabase = opened;
    const retentionJob = createRetentionJob({
      database: opened,
      historyLimit: settings.GitOps.HistoryLimit,
      historyMaxAgeDays: settings.GitOps.HistoryMaxAgeDays,
      eventRetentionDays: settings.GitOps.Events.RetentionDays,
      log,
    });
    await retentionJob.start();
    stopCallbacks.push(() => retentionJob.stop(), observeBacklog(opened));
    stopCallbacks.push(() => stateFiles.settled());
    for (const name of await opened.read((reader) => readEnvironmentNames(reader)))
      stateFiles.refresh(name);
    return opened;
  };

  const applyMigrations = async ({ kysely }: Database) => {
    const applied = await migrateDatabase(kysely);
    if (applied.length > 0) log.info(`Migrated the state database: ${applied.join(", ")}`);
  };

  const startBus = async (opened: Database) => {
    const joined = await deps.connectBus();
    if (stopping.signal.aborted) return;
    connectedBus = joined;
    relay = createOutboxRelay({ database: opened, bus: joined, instance, log });
    await relay.start();
    const { stop } = relay;
    stopCallbacks.push(stop);
    stopCallbacks.push(
      serveCalls(joined, { database: opened, changeEnvironment, recordAttempt, clock, log }),
    );
  };

  return {
    port: () => http.port(),
    async start() {
      await http.start();
      stopCallbacks.push(
        () => http.stop(),
        () => feed.stop(),
      );
      try {
        await startBus(await startDatabase());
      } catch (error) {
        // A stop during start-up is not a failure.
        if (stopping.signal.aborted) return;
        throw error;
      }
      log.info(`State service started on port ${http.port()}`);
    },
    async stop() {
      stopping.abort();
      for (const stop of stopCallbacks.splice(0).reverse()) await stop();
    },
  };
}
