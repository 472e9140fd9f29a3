import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";

/**
 * Handles a request that belongs to a trace (W3C `traceparent`) as a part of it. A request without
 * one makes no span: a span for each of thousands of map requests a second would cost more than it
 * tells, and the histogram of requests tells the rest.
 */
export function continueTrace(handle: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.traceparent === undefined) return handle(request, response);
    handleInSpan(handle, request, response);
  };
}

function handleInSpan(handle: RequestListener, request: IncomingMessage, response: ServerResponse) {
  const cause = propagation.extract(ROOT_CONTEXT, request.headers);
  const path = request.url?.split("?", 1)[0] ?? "";
  const attributes = { "http.request.method": request.method ?? "", "url.path": path };
  const span = trace
    .getTracer("honua.http")
    .startSpan(`${request.method} ${path}`, { kind: SpanKind.SERVER, attributes }, cause);
  response.once("close", () => {
    span.setAttribute("http.response.status_code", response.statusCode);
    span.end();
  });
  context.with(trace.setSpan(cause, span), () => handle(request, response));
}
