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
  faultOfBus,
  type HttpCertificate,
  type Log,
  reconciliationMetrics,
  type Service,
  type Telemetry,
} from "@honua/service-kit";
import { createReconcile } from "./deployment/reconcile.ts";
import { createHeal } from "./drift/correct-drift.ts";
import { createDryRunCommit } from "./dry-run/dry-run-commit.ts";
import { createPlanCommit } from "./dry-run/plan-commit.ts";
import { createDesiredReleases } from "./gateways/desired-releases.ts";
import { createGateways } from "./gateways/live-gateways.ts";
import { createLanes } from "./lanes/environment-lanes.ts";
import { createHandleMessage } from "./lanes/handle-lane-message.ts";
import { createEffectivePolicy } from "./policy/effective-policy.ts";
import { policyFloor } from "./policy/policy-floor.ts";
import { createReleases } from "./releases/release-store.ts";
import type { ReconcilerSettings } from "./settings.ts";
import { createSteps } from "./steps/step-table.ts";

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
 * Plan, policy, apply, verify, roll back. Any number of processes share the environments. HTTP
 * listens before the bus is joined, so that `/health/ready` can say what keeps it away.
 */
export function createReconcilerService(deps: ReconcilerDeps): Service {
  const { settings, log } = deps;
  let bus: Bus | undefined;
  let work: Service | undefined;
  let stopping = false;
  const http = createHttpService({
    host: settings.HOST,
    port: settings.PORT,
    certificate: deps.certificate,
    log,
    checks: { MessageBus: () => faultOfBus(bus, deps.busFault) },
    metrics: deps.telemetry.metrics,
  });
  return {
    async start() {
      await http.start();
      bus = await deps.connectBus();
      if (stopping) return;
      work = createWork(deps, bus);
      await work.start();
      log.info(`Reconciler listens on port ${http.port()}`);
    },
    async stop() {
      stopping = true;
      await work?.stop();
      await http.stop();
    },
  };
}

/** What is done with the messages of the environments, over a bus that is there. */
function createWork(deps: ReconcilerDeps, bus: Bus): Service {
  const { settings, clock, log } = deps;
  const gateways = createGateways({ bus, clock, log });
  const desired = createDesiredReleases({ bus, clock });
  const releases = createReleases(bus);
  const floor = (environment: string) => policyFloor(settings.GitOps, environment);
  const policy = createEffectivePolicy({ releases, floor });
  const planCommit = createPlanCommit({ bus, releases, floor });
  const steps = createSteps({
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
  const onlyPlans = settings.GitOps.DryRun;
  const heal = createHeal({ bus, log, gateways, desired, releases, onlyPlans });
  const dryRun = createDryRunCommit({ bus, log, planCommit });
  const handle = createHandleMessage({ bus, log, reconcile, heal, dryRun, onlyPlans });
  const messages = bus.lanes({ atOnce: settings.GitOps.EnvironmentsAtOnce });
  const lanes = createLanes({
    bus,
    clock,
    log,
    instance: deps.instance,
    resyncMs: settings.GitOps.ResyncIntervalSeconds * 1_000,
    open(environment) {
      metrics.begin(environment);
      return messages.open({
        environment,
        handle,
        giveUpOn: ({ type }) => type !== environmentResync.type,
        bury: async ({ event, subject, payload, delivery }, { code, message }) => {
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
      if (onlyPlans) {
        log.warn("GitOps.DryRun is on: commits are planned and recorded, not deployed");
      }
    },
    async stop() {
      await lanes.stop();
      await gateways.stop();
    },
  };
}

/** The commit that a message brought, when it was one that brings a commit. */
function commitOf({ type, data }: Envelope): string | null {
  if (type !== commitDetected.type) return null;
  return commitDetected.data.safeParse(data).data?.commit.id ?? null;
}
