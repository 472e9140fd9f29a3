import type { GatewayStatus } from "@honua/contracts";
import {
  type Bus,
  backoffDelay,
  type Clock,
  createHttpService,
  type HttpCertificate,
  type HttpService,
  type Log,
  messageOf,
  type Service,
  TransientError,
} from "@honua/service-kit";
import type { SecretSource } from "./connection/secret-references.ts";
import { createDatabaseRegistry } from "./database/database-registry.ts";
import { loadAssets } from "./http/assets.ts";
import type { IsTrustedProxy } from "./http/base-url.ts";
import { gatewayRoutes } from "./http/gateway-routes.ts";
import { problemPages } from "./http/problem-pages.ts";
import { createActivation } from "./lifecycle/activation.ts";
import { type BusMembership, joinBus } from "./lifecycle/bus-membership.ts";
import { createCollectionWatch } from "./lifecycle/collection-watch.ts";
import { listedHealth } from "./lifecycle/listed-health.ts";
import { pause } from "./lifecycle/pause.ts";
import { createPreparedReleases } from "./lifecycle/prepared-releases.ts";
import { readinessChecks } from "./lifecycle/readiness.ts";
import { createReleaseCopy } from "./lifecycle/release-copy.ts";
import { type ReleaseSource, releaseSourceOver } from "./lifecycle/release-source.ts";
import { createServing } from "./lifecycle/serving.ts";
import { createExtentBook } from "./release/extent-book.ts";
import { createGeometryCensus } from "./release/geometry-census.ts";
import { type LoadedRelease, loadRelease } from "./release/load-release.ts";
import type { ReleaseDocument } from "./release/release-document.ts";
import type { RequestLimits } from "./request-limits.ts";

/** How long to wait before the next attempt to join the message bus. */
const JOIN = { baseMs: 500, maxMs: 10_000 };

export interface GatewayDeps {
  environment: string;
  instance: string;
  host: string;
  /** 0: any free port. */
  port: number;
  certificate?: HttpCertificate | undefined;
  /** Keeps the active release across restarts. */
  directory: string;
  /** Base of links that holds whatever a request says. */
  publicUrl?: string | undefined;
  /** Where the reconciler reaches this process; made from the port when absent. */
  advertisedUrl?: string | undefined;
  isTrustedProxy: IsTrustedProxy;
  limits: RequestLimits;
  /** How often the served collections are compared with their tables. */
  collectionCheckSeconds: number;
  /** How long answers may be cached where the release does not say. */
  cacheSeconds: number;
  secrets: SecretSource;
  /** Waits for the message bus; the gateway serves meanwhile. */
  connectBus: () => Promise<Bus>;
  clock: Clock;
  log: Log;
  writeMetrics?: (write: (text: string) => void) => Promise<void>;
}

export interface GatewayService extends Service {
  port(): number;
}

/**
 * The gateway: serves the active release over HTTP from its first moment, follows the desired
 * release as soon as the message bus is there, and needs neither the bus nor any other service to
 * go on serving what it has.
 */
export function createGatewayService(deps: GatewayDeps): GatewayService {
  const { environment, instance, log } = deps;
  const databases = createDatabaseRegistry(log);
  const extents = createExtentBook(log);
  const census = createGeometryCensus(log);
  const serving = createServing();
  const copy = createReleaseCopy(deps.directory, instance, log);
  let fetchDocument: ReleaseSource = async () => {
    throw new TransientError("no-bus", "the message bus has not been reached yet");
  };
  const load = (document: ReleaseDocument) =>
    loadRelease(document, {
      environment,
      databases,
      secrets: deps.secrets,
      extents,
      census,
      defaultCacheSeconds: deps.cacheSeconds,
      limits: deps.limits,
    });
  const prepared = createPreparedReleases(async (digest) => load(await fetchDocument(digest)));
  const report = () => membership?.report();
  const watch = createCollectionWatch({
    serving,
    load,
    census,
    everyMs: deps.collectionCheckSeconds * 1_000,
    log,
    onChange: report,
    onMended: completeExtents,
  });
  const activation = createActivation({
    prepared,
    serving,
    copy,
    log,
    onChange: report,
    onActivated(loaded) {
      completeExtents(loaded);
      watch.look();
    },
  });
  let bus: Bus | undefined;
  let membership: BusMembership | undefined;
  const stopping = new AbortController();
  const assets = loadAssets();

  const http: HttpService = createHttpService({
    host: deps.host,
    port: deps.port,
    certificate: deps.certificate,
    stalledAfterMs: deps.limits.responseTimeoutSeconds * 1_000,
    log,
    checks: readinessChecks(serving),
    ...(deps.writeMetrics ? { metrics: deps.writeMetrics } : {}),
    renderProblem: problemPages({
      serving,
      publicUrl: deps.publicUrl,
      isTrustedProxy: deps.isTrustedProxy,
      assets: assets.path,
    }),
    ...gatewayRoutes({
      serving,
      publicUrl: deps.publicUrl,
      isTrustedProxy: deps.isTrustedProxy,
      limits: deps.limits,
      assets,
      bus: () => bus,
    }),
  });

  return {
    port: () => http.port(),
    async start() {
      await http.start();
      await restore();
      watch.start();
      void follow();
    },
    async stop() {
      stopping.abort();
      await Promise.all([membership?.retire(), activation.stop(), watch.stop()]);
      await http.stop();
      await membership?.leave();
      prepared.stop();
      serving.stop();
    },
  };

  /** Serves what was served before the restart, as far as its databases allow. */
  async function restore(): Promise<void> {
    const document = await copy.load();
    if (!document) return;
    const loaded = await load(document);
    serving.swap(loaded);
    completeExtents(loaded);
    log.info(
      { release: document.digest, problems: loaded.problems.length },
      `Serving the release of the last run with ${document.release.services.length} services`,
    );
  }

  /** Joins the message bus; however long that takes and often it fails, requests are answered. */
  async function follow(): Promise<void> {
    for (let failures = 0; bus === undefined && !stopping.signal.aborted; ) {
      try {
        bus = await deps.connectBus();
      } catch (error) {
        failures += 1;
        log.warn({ err: error }, `Could not join the message bus: ${messageOf(error)}`);
        await pause(backoffDelay(failures, JOIN), stopping.signal);
      }
    }
    if (bus === undefined || stopping.signal.aborted) return;
    fetchDocument = releaseSourceOver(bus);
    membership = joinBus({
      bus,
      environment,
      instance,
      prepared,
      status,
      onDesired: activation.desire,
      log,
    });
  }

  function completeExtents(loaded: LoadedRelease): void {
    const { collections } = loaded.active;
    void extents.complete(collections).then(() => serving.refine(loaded, extents.of(collections)));
  }

  function status(): GatewayStatus {
    return {
      environment,
      instance,
      url:
        deps.advertisedUrl ?? `${deps.certificate ? "https" : "http"}://127.0.0.1:${http.port()}`,
      observedRelease: serving.current()?.document.digest ?? null,
      activationError: activation.error(),
      collections: listedHealth(watch.health()),
      at: deps.clock.now().toISOString(),
    };
  }
}
