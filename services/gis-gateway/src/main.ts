import cluster from "node:cluster";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runProcess, systemClock } from "@honua/service-kit";
import { trustedProxies } from "./http/base-url.ts";
import { createGatewayService, type WorkerRole } from "./service.ts";
import { gatewaySettings, releaseDirectory } from "./settings.ts";
import { createWorkerPool } from "./workers/worker-pool.ts";

/** Tells a worker that replaces another on which port the others have gone on serving. */
const SHARED_PORT = "HONUA_WORKER_SHARED_PORT";

const { workers } = parseArgs({ options: { workers: { type: "string" } } }).values;
if (workers !== undefined) process.env.GitOps__Workers = workers;

await runProcess({
  service: "gis-gateway",
  settings: gatewaySettings,
  compose: ({ settings, instance, log, connectBus, certificate, telemetry }) => {
    const { Workers } = settings.GitOps;
    const count = Workers === "auto" ? availableParallelism() : Workers;
    if (cluster.isPrimary && count > 1) {
      // Each worker is a gateway of its own to the others, which wait for every one of them.
      return createWorkerPool({
        count,
        log,
        fork: ({ number, sharedPort = "" }) =>
          cluster.fork({
            HONUA_INSTANCE: `${instance}-${number}`,
            [SHARED_PORT]: sharedPort,
            HONUA_SUPERVISED: "",
          }),
      });
    }
    return createGatewayService({
      environment: settings.GitOps.Watcher.Environment,
      instance,
      host: settings.HOST,
      port: settings.PORT,
      certificate,
      directory: releaseDirectory(settings),
      publicUrl: settings.HONUA_PUBLIC_URL,
      advertisedUrl: settings.HONUA_ADVERTISED_URL?.replace(/\/+$/, ""),
      isTrustedProxy: trustedProxies(settings.GitOps.TrustedProxies),
      limits: {
        urlLength: settings.GitOps.MaxUrlLength,
        filterLength: settings.GitOps.MaxFilterLength,
        streams: settings.GitOps.MaxStreams,
        minTileZoom: settings.GitOps.MinTileZoom,
        responseTimeoutSeconds: settings.GitOps.ResponseTimeoutSeconds,
      },
      collectionCheckSeconds: settings.GitOps.CollectionCheckSeconds,
      cacheSeconds: settings.GitOps.CacheSeconds,
      secrets: {
        variable: (name) => process.env[name],
        variableFile: (name) => process.env[`${name}_FILE`],
        file: (path) => readFile(path, "utf8"),
      },
      connectBus,
      clock: systemClock,
      log,
      writeMetrics: telemetry.metrics,
      worker: cluster.isWorker ? workerRole(count) : undefined,
    });
  },
});

function workerRole(of: number): WorkerRole {
  const { [SHARED_PORT]: sharedPort } = process.env;
  return {
    of,
    ...(sharedPort ? { sharedPort: Number(sharedPort) } : {}),
    primary: {
      // The primary may be gone already; then this process ends as well.
      send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
      receive: (listener) => void process.on("message", listener),
    },
  };
}
