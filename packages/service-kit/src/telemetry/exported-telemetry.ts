import type { Resource } from "@opentelemetry/resources";
import type { IMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { NoopSpanProcessor } from "@opentelemetry/sdk-trace";

/**
 * Telemetry as the standard `OTEL_*` variables configure it, with every exporter there is. They take
 * a second to load and twenty megabytes, so this module is loaded only where somebody set one.
 *
 * @returns ends it
 */
export function startExportedTelemetry(options: {
  resource: Resource;
  reader: IMetricReader;
  exportsTraces: boolean;
}): () => Promise<void> {
  const { resource, reader, exportsTraces } = options;
  const sdk = new NodeSDK({
    resource,
    metricReaders: [reader],
    ...(exportsTraces ? {} : { spanProcessors: [new NoopSpanProcessor()] }),
  });
  sdk.start();
  return () => sdk.shutdown();
}
