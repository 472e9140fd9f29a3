import type { Resource } from "@opentelemetry/resources";
import type { IMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { NoopSpanProcessor } from "@opentelemetry/sdk-trace";

/**
 * Telemetry with the exporters that the standard `OTEL_*` variables configure. The exporters take a
 * second and twenty megabytes to load, so this module is loaded only if such a variable is set.
 *
 * @returns a function that stops it
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
