import { readFile } from "node:fs/promises";
import { type ProcessContext, systemClock } from "@honua/service-kit";
import type { ClientLimits } from "./http/budgets/client-budgets.ts";
import { trustedProxies } from "./http/trusted-proxies.ts";
import { createGatewayService, type GatewayService, type WorkerRole } from "./service.ts";
import { type GatewaySettings, operationsAddress, releaseDirectory } from "./settings.ts";

/** Creates the gateway of this process from its settings. */
export function createGatewayProcess(
  context: ProcessContext<GatewaySettings>,
  worker: WorkerRole | undefined,
): GatewayService {
  const { settings, instance, log, connectBus, busFault, certificate, telemetry } = context;
  return createGatewayService({
    environment: settings.GitOps.Watcher.Environment,
    instance,
    host: settings.HOST,
    port: settings.PORT,
    certificate,
    operations: worker ? undefined : operationsAddress(settings),
    directory: releaseDirectory(settings),
    publicUrl: settings.HONUA_PUBLIC_URL,
    advertisedUrl: settings.HONUA_ADVERTISED_URL?.replace(/\/+$/, ""),
    isTrustedProxy: trustedProxies(settings.GitOps.TrustedProxies),
    forwardedHeader: settings.GitOps.ForwardedHeader,
    limits: {
      urlLength: settings.GitOps.MaxUrlLength,
      filterLength: settings.GitOps.MaxFilterLength,
      streams: settings.GitOps.MaxStreams,
      minTileZoom: settings.GitOps.MinTileZoom,
      responseTimeoutSeconds: settings.GitOps.ResponseTimeoutSeconds,
      stallTimeoutSeconds: settings.GitOps.StallTimeoutSeconds,
      resultBytes: settings.GitOps.MaxResultMegabytes * 1024 * 1024,
      client: clientLimits(settings.GitOps.ClientBudgets),
    },
    collectionCheckSeconds: settings.GitOps.CollectionCheckSeconds,
    cacheSeconds: settings.GitOps.CacheSeconds,
    secrets: {
      variable: (name) => process.env[name],
      variableFile: (name) => process.env[`${name}_FILE`],
      file: (path) => readFile(path, "utf8"),
    },
    connectBus,
    busFault,
    clock: systemClock,
    log,
    writeMetrics: telemetry.metrics,
    worker,
  });
}

function clientLimits(budgets: GatewaySettings["GitOps"]["ClientBudgets"]): ClientLimits {
  return {
    requestsInFlight: budgets.RequestsInFlight,
    openCursors: budgets.OpenCursors,
    rows: { perSecond: budgets.RowsPerSecond, burst: budgets.RowsBurst },
    bytes: {
      perSecond: budgets.MegabytesPerSecond * 1e6,
      burst: budgets.MegabytesBurst * 1e6,
    },
    statementSeconds: {
      perSecond: budgets.StatementSecondsPerSecond,
      burst: budgets.StatementSecondsBurst,
    },
    isUnmetered: trustedProxies(budgets.Unmetered),
  };
}
