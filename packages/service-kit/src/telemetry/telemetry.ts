import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";

export interface Telemetry {
  /** Writes every metric in the Prometheus text format. */
  metrics(write: (text: string) => void): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts OpenTelemetry: traces to wherever the standard `OTEL_*` variables say (nowhere unless an
 * endpoint is set), metrics for a Prometheus scrape.
 */
export function startTelemetry(options: {
  service: string;
  instance: string;
  environment: Readonly<Record<string, string | undefined>>;
}): Telemetry {
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer();
  const exportsTraces =
    options.environment.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined ||
    options.environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined;
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      "service.name": `honua-${options.service}`,
      "service.instance.id": options.instance,
    }),
    metricReaders: [reader],
    ...(exportsTraces ? {} : { spanProcessors: [keepNothing] }),
  });
  sdk.start();
  return {
    async metrics(write) {
      const { resourceMetrics } = await reader.collect();
      write(serializer.serialize(resourceMetrics));
    },
    stop: () => sdk.shutdown(),
  };
}

/** Spans still get ids, which go over the bus and into the logs, when nobody collects them. */
const keepNothing: NonNullable<NodeSDKConfiguration["spanProcessors"]>[number] = {
  onStart() {},
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
