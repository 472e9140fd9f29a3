import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";

/**
 * Handles a request with a W3C `traceparent` header in a server span of that trace. Other requests get
 * no span: at thousands of map requests per second, spans cost more than they are worth, and the
 * request histogram covers them.
 */
export function continueTrace(handle: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.traceparent === undefined) return handle(request, response);
    handleInSpan(handle, request, response);
  };
}

function handleInSpan(handle: RequestListener, request: IncomingMessage, response: ServerResponse) {
  const parent = propagation.extract(ROOT_CONTEXT, request.headers);
  const path = request.url?.split("?", 1)[0] ?? "";
  const attributes = { "http.request.method": request.method ?? "", "url.path": path };
  const span = trace
    .getTracer("honua.http")
    .startSpan(`${request.method} ${path}`, { kind: SpanKind.SERVER, attributes }, parent);
  response.once("close", () => {
    span.setAttribute("http.response.status_code", response.statusCode);
    span.end();
  });
  context.with(trace.setSpan(parent, span), () => handle(request, response));
}
