import type { ServerResponse } from "node:http";
import { metrics } from "@opentelemetry/api";

/**
 * Records a request once its answer is sent, under the pattern of the route that answers it: a path
 * that nobody serves must not become a label.
 */
export type MeasureRequest = (
  method: string,
  route: () => string,
  response: ServerResponse,
) => void;

/** Requests in the histogram that OpenTelemetry's conventions name. */
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
