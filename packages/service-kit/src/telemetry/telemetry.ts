import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { startLocalTelemetry } from "./local-telemetry.ts";

export interface Telemetry {
  /** Writes every metric in the Prometheus text format. */
  metrics(write: (text: string) => void): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts OpenTelemetry: traces to the endpoint of the standard `OTEL_*` variables, if one is set, and
 * metrics for Prometheus.
 */
export async function startTelemetry(options: {
  service: string;
  instance: string;
  environment: Readonly<Record<string, string | undefined>>;
}): Promise<Telemetry> {
  const { environment } = options;
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer();
  const resource = resourceFromAttributes({
    "service.name": `honua-${options.service}`,
    "service.instance.id": options.instance,
  });
  const isConfigured = Object.keys(environment).some((name) => name.startsWith("OTEL_"));
  const stop = isConfigured
    ? (await import("./exported-telemetry.ts")).startExportedTelemetry({
        resource,
        reader,
        exportsTraces:
          environment.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined ||
          environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined,
      })
    : startLocalTelemetry({ resource: defaultResource().merge(resource), reader });
  return {
    async metrics(write) {
      const { resourceMetrics } = await reader.collect();
      write(serializer.serialize(resourceMetrics));
    },
    stop,
  };
}
