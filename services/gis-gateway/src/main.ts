import { readFile } from "node:fs/promises";
import { runProcess, systemClock } from "@honua/service-kit";
import { trustedProxies } from "./http/base-url.ts";
import { createGatewayService } from "./service.ts";
import { gatewaySettings, releaseDirectory } from "./settings.ts";

await runProcess({
  service: "gis-gateway",
  settings: gatewaySettings,
  compose: ({ settings, instance, log, connectBus, certificate, telemetry }) =>
    createGatewayService({
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
    }),
});
