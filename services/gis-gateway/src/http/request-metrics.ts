import { metrics } from "@opentelemetry/api";
import type { NextFunction, Request, Response } from "express";
import { API_PATH } from "./documents/link.ts";

/**
 * Records each request once its answer is sent, under the route that answered it, in the histogram
 * that OpenTelemetry's conventions name.
 */
export function measureRequests() {
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
  return (request: Request, response: Response, next: NextFunction): void => {
    const started = performance.now();
    response.once("close", () => {
      duration.record((performance.now() - started) / 1_000, {
        "http.request.method": request.method,
        "http.response.status_code": response.statusCode,
        "http.route": routeOf(request),
      });
    });
    next();
  };
}

/** The pattern of the path; a path that nobody serves must not become a label. */
function routeOf({ route, originalUrl }: Request): string {
  const pattern: unknown = route?.path;
  if (typeof pattern !== "string") return "none";
  return originalUrl.startsWith(API_PATH) ? `${API_PATH}${pattern}` : pattern;
}
