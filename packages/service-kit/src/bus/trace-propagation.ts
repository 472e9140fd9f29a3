import { type Context, context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { headers as createHeaders, type MsgHdrs } from "nats";

/** Headers that carry the current trace (W3C `traceparent`) across the bus. */
export function tracedHeaders(): MsgHdrs {
  const headers = createHeaders();
  propagation.inject(context.active(), headers, {
    set: (carrier, key, value) => carrier.set(key, value),
  });
  return headers;
}

/** The trace context of a message. */
export function contextOf(headers: MsgHdrs | undefined): Context {
  if (!headers) return ROOT_CONTEXT;
  return propagation.extract(ROOT_CONTEXT, headers, {
    get: (carrier, key) => carrier.get(key) || undefined,
    keys: (carrier) => carrier.keys(),
  });
}
