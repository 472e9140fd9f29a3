import type { ServerResponse } from "node:http";
import { metrics } from "@opentelemetry/api";

/**
 * Records a request when its response ends. The label is the pattern of the route: an unknown path
 * must not become a label.
 */
export type MeasureRequest = (
  method: string,
  route: () => string,
  response: ServerResponse,
) => void;

/** Records requests in the histogram of OpenTelemetry's semantic conventions. */
export function createRequestMetrics(): MeasureRequest {
  const duration = metrics
    .getMeter("honua.gateway")
    .createHistogram("http.server.request.duration", {
      unit: "s",
      description: "Duration of HTTP requests",
      advice: {
        explicitBucketBoundaries: [
          0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15,
        ],
      },
    });
  return (method, route, response) => {
    const started = performance.now();
    response.once("close", () => {
      duration.record((performance.now() - started) / 1_000, {
        "http.request.method": method,
        "http.response.status_code": response.statusCode,
        "http.route": route(),
      });
    });
  };
}
