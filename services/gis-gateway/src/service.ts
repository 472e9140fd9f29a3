import { type GatewayStatus, type GitopsHealth, getGitopsHealth } from "@honua/contracts";
import {
  type Bus,
  backoffDelay,
  type Clock,
  createHttpService,
  type HttpCertificate,
  type HttpService,
  type Log,
  messageOf,
  readinessOf,
  type Service,
  TransientError,
} from "@honua/service-kit";
import { gatewayRoutes } from "./api/gateway-routes.ts";
import { unknownGitopsHealth } from "./api/gitops-health.ts";
import { createOperationsListener, type OperationsAddress } from "./api/operations-listener.ts";
import { problemPages } from "./api/problem-views.ts";
import { createDatabaseRegistry } from "./datasource/database-registry.ts";
import type { SecretSource } from "./datasource/secret-references.ts";
import { loadAssets } from "./http/assets.ts";
import { createBaseUrls } from "./http/base-url.ts";
import type { ForwardedHeader } from "./http/forwarded-address.ts";
import type { IsTrustedProxy } from "./http/trusted-proxies.ts";
import { createActivation } from "./lifecycle/activation.ts";
import { type BusMembership, joinBus } from "./lifecycle/bus-membership.ts";
import { createCollectionWatch } from "./lifecycle/collection-watch.ts";
import { GitopsHealthCache } from "./lifecycle/gitops-health-cache.ts";
import { listedHealth } from "./lifecycle/listed-health.ts";
import { pause } from "./lifecycle/pause.ts";
import { createPreparedReleases } from "./lifecycle/prepared-releases.ts";
import { readinessChecks, shareRuns } from "./lifecycle/readiness.ts";
import { createReleaseCopy } from "./lifecycle/release-copy.ts";
import { type ReleaseSource, releaseSourceOver } from "./lifecycle/release-source.ts";
import { createServing } from "./lifecycle/serving.ts";
import { createExtentBook } from "./release/extent-cache.ts";
import { type LoadedRelease, loadRelease } from "./release/load-release.ts";
import { createGeometryCensus } from "./release/null-geometry-tracker.ts";
import type { ReleaseDocument } from "./release/release-document.ts";
import type { RequestLimits } from "./request-limits.ts";
import { createSiblings, type PrimaryChannel } from "./workers/siblings.ts";
import { workersCheck } from "./workers/workers-check.ts";

/** How long to wait before the next attempt to join the message bus. */
const JOIN = { baseMs: 500, maxMs: 10_000 };
/** Milliseconds in which a worker that replaces another learns what is desired, before it serves. */
const CATCH_UP_MS = 5_000;
/** Milliseconds in which the state service reports; it waits 2 s for each part of the system. */
const GITOPS_HEALTH_MS = 5_000;
/** Bytes of tiles that are kept, by all workers together. */
const TILE_CACHE_BYTES = 128 * 1024 * 1024;

export interface GatewayDeps {
  environment: string;
  instance: string;
  host: string;
  /** 0: any free port. */
  port: number;
  certificate?: HttpCertificate | undefined;
  /** Where metrics and reasons are; undefined for a worker, because the primary serves them. */
  operations: OperationsAddress | undefined;
  /** Keeps the active release across restarts. */
  directory: string;
  /** Base of links that holds whatever a request says. */
  publicUrl?: string | undefined;
  /** Where the reconciler reaches this process; made from the port when absent. */
  advertisedUrl?: string | undefined;
  isTrustedProxy: IsTrustedProxy;
  /** The header in which trusted proxies report the address that the client uses. */
  forwardedHeader: ForwardedHeader;
  limits: RequestLimits;
  /** How often the served collections are compared with their tables. */
  collectionCheckSeconds: number;
  /** How long answers may be cached where the release does not say. */
  cacheSeconds: number;
  secrets: SecretSource;
  /** Waits for the message bus; the gateway serves meanwhile. */
  connectBus: () => Promise<Bus>;
  /** Why the message bus has not been reached yet. */
  busFault?: (() => string | undefined) | undefined;
  clock: Clock;
  log: Log;
  writeMetrics?: (write: (text: string) => void) => Promise<void>;
  /** Set when this process is one of several that share the port. */
  worker?: WorkerRole | undefined;
}

/** One of several processes of a gateway. */
export interface WorkerRole {
  /** How many there are; they share connections and memory. */
  of: number;
  /** The port on which others serve while this one is started. */
  sharedPort?: number | undefined;
  primary: PrimaryChannel;
}

export interface GatewayService extends Service {
  port(): number;
  /** The port of the operations listener. @throws TypeError in a worker, which has none */
  operationsPort(): number;
}

/**
 * The gateway: serves the active release over HTTP from its first moment, follows the desired
 * release as soon as the message bus is there, and needs neither the bus nor any other service to
 * go on serving what it has.
 */
export function createGatewayService(deps: GatewayDeps): GatewayService {
  const { environment, instance, log, worker } = deps;
  const workers = worker?.of ?? 1;
  const databases = createDatabaseRegistry(log, {
    workers,
    maxResultBytes: deps.limits.resultBytes,
  });
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
  const toldDesired = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const assets = loadAssets();
  const baseUrls = createBaseUrls(deps);

  const gitopsHealth = new GitopsHealthCache({
    fetch: async () => {
      if (!bus) throw new TransientError("no-bus", "the message bus has not been reached yet");
      return bus.call(getGitopsHealth, {}, { timeoutMs: GITOPS_HEALTH_MS });
    },
  });
  const checks = readinessChecks(serving, { bus: () => bus, busFault: deps.busFault });
  const siblings =
    worker &&
    createSiblings(worker.primary, {
      readiness: async () => JSON.stringify(await readinessOf(checks)),
      metrics: ownMetrics,
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
    checks: shareRuns(siblings ? workersCheck(siblings) : checks),
    showsReasons: false,
    admit: baseUrls.admit,
    renderProblem: problemPages({ serving, baseUrls, assets: assets.path }),
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
      void follow();
      if (!joinsOthers) return;
      // Until now the other workers have answered better than this one could.
      await catchUp();
      if (!stopping.signal.aborted) await http.start();
    },
    async stop() {
      stopping.abort();
      gitopsHealth.stop();
      await Promise.all([membership?.retire(), activation.stop(), watch.stop()]);
      await Promise.all([http.stop(), operations?.stop()]);
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
      onDesired(digest) {
        activation.desire(digest);
        toldDesired.resolve();
      },
      log,
    });
    gitopsHealth.refresh();
  }

  /**
   * Waits until the desired release is served, lest this worker answer with one that clients of the
   * others have seen replaced; not for long, since the message bus may be away.
   */
  async function catchUp(): Promise<void> {
    const caughtUp = toldDesired.promise.then(() => activation.settled());
    await Promise.race([caughtUp, pause(CATCH_UP_MS, stopping.signal)]);
  }

  function currentGitopsHealth(): GitopsHealth {
    return gitopsHealth.current() ?? unknownGitopsHealth();
  }

  async function ownMetrics(): Promise<string> {
    let all = "";
    await deps.writeMetrics?.((text) => {
      all += text;
    });
    return all;
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
        deps.advertisedUrl ??
        `${deps.certificate ? "https" : "http"}://127.0.0.1:${worker?.sharedPort ?? http.port()}`,
      observedRelease: serving.current()?.document.digest ?? null,
      activationError: activation.error(),
      collections: listedHealth(watch.health()),
      at: deps.clock.now().toISOString(),
    };
  }
}
