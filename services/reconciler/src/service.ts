import {
  commitDetected,
  type Envelope,
  environmentResync,
  recordDeadLetter,
} from "@honua/contracts";
import {
  type Bus,
  type Clock,
  createHttpService,
  describeBusFault,
  type HttpCertificate,
  type Log,
  reconciliationMetrics,
  type Service,
  type Telemetry,
} from "@honua/service-kit";
import { createReconcile } from "./deployment/reconcile.ts";
import { createDriftCorrection } from "./drift/correct-drift.ts";
import { createDryRunCommit } from "./dry-run/dry-run-commit.ts";
import { createPlanCommit } from "./dry-run/plan-commit.ts";
import { createDesiredReleases } from "./gateways/desired-releases.ts";
import { createLiveGateways } from "./gateways/live-gateways.ts";
import { createEnvironmentLanes } from "./lanes/environment-lanes.ts";
import { createLaneMessageHandler } from "./lanes/handle-lane-message.ts";
import { createEffectivePolicy } from "./policy/effective-policy.ts";
import { policyFloor } from "./policy/policy-floor.ts";
import { createReleaseStore } from "./releases/release-store.ts";
import type { ReconcilerSettings } from "./settings.ts";
import { createStepTable } from "./steps/step-table.ts";

export interface ReconcilerDeps {
  settings: ReconcilerSettings;
  instance: string;
  connectBus: () => Promise<Bus>;
  busFault: () => string | undefined;
  certificate: HttpCertificate | undefined;
  clock: Clock;
  log: Log;
  telemetry: Telemetry;
}

/**
 * Plans, applies, verifies and rolls back deployments. Any number of processes share the environments.
 * HTTP starts before the bus connection, so that `/health/ready` can report why it is missing.
 */
export function createReconcilerService(deps: ReconcilerDeps): Service {
  const { settings, log } = deps;
  let bus: Bus | undefined;
  let worker: Service | undefined;
  let stopping = false;
  const http = createHttpService({
    host: settings.HOST,
    port: settings.PORT,
    certificate: deps.certificate,
    log,
    checks: { MessageBus: () => describeBusFault(bus, deps.busFault) },
    metrics: deps.telemetry.metrics,
  });
  return {
    async start() {
      await http.start();
      bus = await deps.connectBus();
      if (stopping) return;
      worker = createWorker(deps, bus);
      await worker.start();
      log.info(`Reconciler listens on port ${http.port()}`);
    },
    async stop() {
      stopping = true;
      await worker?.stop();
      await http.stop();
    },
  };
}

/** Processes the lanes of all environments over a connected bus. */
function createWorker(deps: ReconcilerDeps, bus: Bus): Service {
  const { settings, clock, log } = deps;
  const gateways = createLiveGateways({ bus, clock, log });
  const desired = createDesiredReleases({ bus, clock });
  const releases = createReleaseStore(bus);
  const floor = (environment: string) => policyFloor(settings.GitOps, environment);
  const policy = createEffectivePolicy({ releases, floor });
  const planCommit = createPlanCommit({ bus, releases, floor });
  const steps = createStepTable({
    bus,
    clock,
    gateways,
    desired,
    releases,
    floor,
    policy,
    planCommit,
    settings: settings.GitOps,
  });
  const metrics = reconciliationMetrics();
  const reconcile = createReconcile({
    bus,
    log,
    steps,
    desired,
    policy,
    wakeAt: (environment, at) => lanes.wakeAt(environment, at),
    metrics,
  });
  const isDryRunServer = settings.GitOps.DryRun;
  const correctDrift = createDriftCorrection({
    bus,
    log,
    gateways,
    desired,
    releases,
    isDryRunServer,
  });
  const dryRun = createDryRunCommit({ bus, log, planCommit });
  const handleMessage = createLaneMessageHandler({
    bus,
    log,
    reconcile,
    correctDrift,
    dryRun,
    isDryRunServer,
  });
  const lanePool = bus.lanePool({ maxConcurrent: settings.GitOps.EnvironmentsAtOnce });
  const lanes = createEnvironmentLanes({
    bus,
    clock,
    log,
    instance: deps.instance,
    resyncMs: settings.GitOps.ResyncIntervalSeconds * 1_000,
    openLane(environment) {
      metrics.initializeEnvironment(environment);
      return lanePool.openLane({
        environment,
        handle: handleMessage,
        shouldDeadLetter: ({ type }) => type !== environmentResync.type,
        deadLetter: async ({ event, subject, payload, delivery }, { code, message }) => {
          await bus.call(recordDeadLetter, {
            environment,
            consumer: "reconciler",
            event: event.type,
            commit: commitOf(event),
            subject,
            messageId: event.id,
            payload,
            error: { code, message },
            deliveries: delivery,
          });
        },
      });
    },
  });
  return {
    async start() {
      await gateways.start();
      await lanes.start();
      if (isDryRunServer) {
        log.warn("GitOps.DryRun is on: commits are planned and recorded, but not deployed");
      }
    },
    async stop() {
      await lanes.stop();
      await gateways.stop();
    },
  };
}

/** The commit id of a `commit.detected` message, else null. */
function commitOf({ type, data }: Envelope): string | null {
  if (type !== commitDetected.type) return null;
  return commitDetected.data.safeParse(data).data?.commit.id ?? null;
}
