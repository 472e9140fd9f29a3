import { type GatewayStatus, type GitopsHealth, getGitopsHealth } from "@honua/contracts";
import {
  abortableDelay,
  type Bus,
  type Clock,
  createHttpService,
  type HttpCertificate,
  type HttpService,
  type Log,
  readinessOf,
  type Service,
  TransientError,
} from "@honua/service-kit";
import { gatewayRoutes } from "./api/gateway-routes.ts";
import { unknownGitopsHealth } from "./api/gitops-health.ts";
import { createOperationsListener, type OperationsAddress } from "./api/operations-listener.ts";
import { problemViews } from "./api/problem-views.ts";
import { createDatabaseRegistry } from "./datasource/database-registry.ts";
import type { SecretSource } from "./datasource/secret-references.ts";
import { loadAssets } from "./http/assets.ts";
import { createBaseUrls } from "./http/base-url.ts";
import type { ForwardedHeader } from "./http/forwarded-address.ts";
import type { RequestLimits } from "./http/request-limits.ts";
import type { IsTrustedProxy } from "./http/trusted-proxies.ts";
import { createActivation } from "./lifecycle/activation.ts";
import { boundedHealth } from "./lifecycle/bounded-health.ts";
import { type BusMembership, joinBus } from "./lifecycle/bus-membership.ts";
import { createCollectionWatch } from "./lifecycle/collection-watch.ts";
import { connectWithRetry } from "./lifecycle/connect-with-retry.ts";
import { GitopsHealthCache } from "./lifecycle/gitops-health-cache.ts";
import { createPreparedReleases } from "./lifecycle/prepared-releases.ts";
import { readinessChecks, shareConcurrentRuns } from "./lifecycle/readiness.ts";
import { createReleaseCopy } from "./lifecycle/release-copy.ts";
import { createReleaseSource, type ReleaseSource } from "./lifecycle/release-source.ts";
import { createServing } from "./lifecycle/serving.ts";
import { createExtentCache } from "./release/extent-cache.ts";
import { type LoadedRelease, loadRelease } from "./release/load-release.ts";
import { createNullGeometryTracker } from "./release/null-geometry-tracker.ts";
import type { ReleaseDocument } from "./release/release-document.ts";
import { createWorkerGroup, type PrimaryChannel } from "./workers/worker-channel.ts";
import { workersReadiness } from "./workers/workers-check.ts";

/** Milliseconds that a replacement worker waits for the desired release before it serves. */
const CATCH_UP_MS = 5_000;
/** Milliseconds in which the state service reports; it waits 2 s for each part of the system. */
const GITOPS_HEALTH_MS = 5_000;
/** Total size of the tile caches of all workers, in bytes. */
const TILE_CACHE_BYTES = 128 * 1024 * 1024;

export interface GatewayDeps {
  environment: string;
  instance: string;
  host: string;
  /** 0: any free port. */
  port: number;
  certificate?: HttpCertificate | undefined;
  /** Address of the operations listener; undefined for a worker, because the primary has the listener. */
  operations: OperationsAddress | undefined;
  /** Directory that keeps the active release across restarts. */
  directory: string;
  /** Base URL of all links, regardless of the request. */
  publicUrl?: string | undefined;
  /** URL at which the reconciler reaches this process; derived from the port if absent. */
  advertisedUrl?: string | undefined;
  isTrustedProxy: IsTrustedProxy;
  /** The header in which trusted proxies report the public address. */
  forwardedHeader: ForwardedHeader;
  limits: RequestLimits;
  /** Seconds between comparisons of served collections with their tables. */
  collectionCheckSeconds: number;
  /** Seconds that responses may be cached if the release does not say. */
  cacheSeconds: number;
  secrets: SecretSource;
  /** Connects to the message bus; the gateway serves meanwhile. */
  connectBus: () => Promise<Bus>;
  /** The reason why the message bus has not been reached yet. */
  busFault?: (() => string | undefined) | undefined;
  clock: Clock;
  log: Log;
  writeMetrics?: (write: (text: string) => void) => Promise<void>;
  /** Set if this process is one of several that share the port. */
  worker?: WorkerRole | undefined;
}

/** The role of one of several processes of a gateway. */
export interface WorkerRole {
  /** The number of workers, which share connections and memory. */
  count: number;
  /** The port on which other workers already serve. */
  sharedPort?: number | undefined;
  primary: PrimaryChannel;
}

export interface GatewayService extends Service {
  port(): number;
  /** The port of the operations listener. @throws TypeError in a worker, which has none */
  operationsPort(): number;
}

/**
 * The gateway. It serves the active release over HTTP immediately and follows the desired release when
 * the message bus is available. It does not need the bus or any other service to keep serving.
 */
export function createGatewayService(deps: GatewayDeps): GatewayService {
  const { environment, instance, log, worker } = deps;
  const workers = worker?.count ?? 1;
  const databases = createDatabaseRegistry(log, {
    workers,
    maxResultBytes: deps.limits.resultBytes,
  });
  const extents = createExtentCache(log);
  const nullGeometries = createNullGeometryTracker(log);
  const serving = createServing();
  const releaseCopy = createReleaseCopy(deps.directory, instance, log);
  let fetchDocument: ReleaseSource = async () => {
    throw new TransientError("no-bus", "The message bus has not been reached yet.");
  };
  const load = (document: ReleaseDocument) =>
    loadRelease(document, {
      environment,
      databases,
      secrets: deps.secrets,
      extents,
      nullGeometries,
      defaultCacheSeconds: deps.cacheSeconds,
      publicUrl: deps.publicUrl,
      limits: deps.limits,
    });
  const prepared = createPreparedReleases(async (digest) => load(await fetchDocument(digest)));
  const report = () => {
    membership?.report();
    gitopsHealth.refresh();
  };
  const watch = createCollectionWatch({
    serving,
    load,
    nullGeometries,
    intervalMs: deps.collectionCheckSeconds * 1_000,
    log,
    onChange: report,
    onRecovered: completeExtents,
  });
  const activation = createActivation({
    prepared,
    serving,
    copy: releaseCopy,
    log,
    onChange: report,
    onActivated(loaded) {
      completeExtents(loaded);
      watch.checkNow();
    },
  });
  let bus: Bus | undefined;
  let membership: BusMembership | undefined;
  const desiredKnown = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const assets = loadAssets();
  const baseUrls = createBaseUrls(deps);

  const gitopsHealth = new GitopsHealthCache({
    fetch: async () => {
      if (!bus) throw new TransientError("no-bus", "The message bus has not been reached yet.");
      return bus.call(getGitopsHealth, {}, { timeoutMs: GITOPS_HEALTH_MS });
    },
  });
  const checks = readinessChecks(serving, { bus: () => bus, busFault: deps.busFault });
  const workerGroup =
    worker &&
    createWorkerGroup(worker.primary, {
      readiness: async () => JSON.stringify(await readinessOf(checks)),
      metrics: metricsOfThisProcess,
      "gitops-health": async () => JSON.stringify(currentGitopsHealth()),
    });
  const operations =
    deps.operations &&
    createOperationsListener({
      ...deps.operations,
      certificate: deps.certificate,
      log,
      checks,
      metrics: deps.writeMetrics,
      gitopsHealth: currentGitopsHealth,
    });

  const http: HttpService = createHttpService({
    host: deps.host,
    port: deps.port,
    certificate: deps.certificate,
    stalledAfterMs: deps.limits.responseTimeoutSeconds * 1_000,
    log,
    checks: shareConcurrentRuns(workerGroup ? workersReadiness(workerGroup) : checks),
    showsReasons: false,
    checkRequest: baseUrls.readForwarded,
    renderProblem: problemViews({ serving, baseUrls, assets: assets.path }),
    ...gatewayRoutes({
      serving,
      baseUrls,
      limits: deps.limits,
      assets,
      gitopsHealth: currentGitopsHealth,
      proxies: deps,
      log,
      tileCacheBytes: Math.floor(TILE_CACHE_BYTES / workers),
    }),
  });

  return {
    port: () => http.port(),
    operationsPort() {
      if (!operations) throw new TypeError("a worker has no operations listener");
      return operations.port();
    },
    async start() {
      await operations?.start();
      const joinsOthers = worker?.sharedPort !== undefined;
      if (!joinsOthers) await http.start();
      await restore();
      watch.start();
      void followBus();
      if (!joinsOthers) return;
      // The other workers serve the current release; join them only after catching up.
      await waitForDesiredRelease();
      if (!stopping.signal.aborted) await http.start();
    },
    async stop() {
      stopping.abort();
      gitopsHealth.stop();
      await Promise.all([membership?.stopReceiving(), activation.stop(), watch.stop()]);
      await Promise.all([http.stop(), operations?.stop()]);
      await membership?.leave();
      prepared.stop();
      serving.stop();
    },
  };

  /** Serves the release of the last run, as far as its databases are reachable. */
  async function restore(): Promise<void> {
    const document = await releaseCopy.load();
    if (!document) return;
    const loaded = await load(document);
    serving.swap(loaded);
    completeExtents(loaded);
    log.info(
      { release: document.digest, problems: loaded.problems.length },
      `Serving the release of the last run with ${document.release.services.length} services`,
    );
  }

  /** Connects to the message bus and follows the desired release. Requests are served meanwhile. */
  async function followBus(): Promise<void> {
    bus = await connectWithRetry(deps.connectBus, log, stopping.signal);
    if (bus === undefined || stopping.signal.aborted) return;
    fetchDocument = createReleaseSource(bus);
    membership = joinBus({
      bus,
      environment,
      instance,
      prepared,
      status,
      onDesired(digest) {
        activation.setDesired(digest);
        desiredKnown.resolve();
      },
      log,
    });
    gitopsHealth.refresh();
  }

  /**
   * Waits until the desired release is served, so that this worker does not respond with a release that
   * the other workers have already replaced. The wait is short, because the bus may be unavailable.
   */
  async function waitForDesiredRelease(): Promise<void> {
    const caughtUp = desiredKnown.promise.then(() => activation.settled());
    await Promise.race([caughtUp, abortableDelay(CATCH_UP_MS, stopping.signal)]);
  }

  function currentGitopsHealth(): GitopsHealth {
    return gitopsHealth.current() ?? unknownGitopsHealth();
  }

  async function metricsOfThisProcess(): Promise<string> {
    let all = "";
    await deps.writeMetrics?.((text) => {
      all += text;
    });
    return all;
  }

  function completeExtents(loaded: LoadedRelease): void {
    const { collections } = loaded.active;
    void extents
      .computeMissing(collections)
      .then(() => serving.updateExtents(loaded, extents.extentsOf(collections)));
  }

  function status(): GatewayStatus {
    return {
      environment,
      instance,
      url:
        deps.advertisedUrl ??
        `${deps.certificate ? "https" : "http"}://127.0.0.1:${worker?.sharedPort ?? http.port()}`,
      observedRelease: serving.current()?.document.digest ?? null,
      activationError: activation.error(),
      collections: boundedHealth(watch.health()),
      at: deps.clock.now().toISOString(),
    };
  }
}
