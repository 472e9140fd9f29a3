import { setTimeout } from "node:timers/promises";
import { type CallDefinition, inboxPrefix, wireReply } from "@honua/contracts";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { type Msg, type NatsConnection, errors as natsErrors } from "nats";
import type { z } from "zod";
import {
  asHonuaError,
  fromWire,
  messageOf,
  PermanentError,
  TransientError,
  toWire,
} from "../errors.ts";
import type { Log } from "../log.ts";
import { contextOf, tracedHeaders } from "./trace-propagation.ts";

/** A process of an environment, for calls that address one process. */
export interface Address {
  environment: string;
  instance: string;
}

export interface CallOptions {
  to?: Address;
  /** Milliseconds to wait for the reply; 5 000 by default. */
  timeoutMs?: number;
}

const tracer = trace.getTracer("honua.bus");

/**
 * Calls another service and waits for its reply.
 *
 * @throws TransientError `unavailable` if there is no reply in time, or the error that the callee returned
 */
export async function performCall<Request extends z.ZodType, Response extends z.ZodType>(
  connection: NatsConnection,
  call: CallDefinition<Request, Response>,
  request: z.input<Request>,
  options: CallOptions = {},
): Promise<z.output<Response>> {
  const subject = subjectOf(call, options.to);
  return tracer.startActiveSpan(`call ${call.name}`, { kind: SpanKind.CLIENT }, async (span) => {
    try {
      const payload = JSON.stringify(call.request.parse(request));
      checkSize(connection, call.name, payload);
      const timeout = options.timeoutMs ?? 5_000;
      const message = await requestWithRetry(connection, subject, payload, timeout).catch(
        (error: unknown) => {
          throw unavailable(call.name, error, timeout);
        },
      );
      const reply = wireReply.parse(message.json());
      if (!reply.ok) throw fromWire(reply.error);
      return call.response.parse(reply.value);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Serves a call. Processes of a service share the calls through a queue group. */
export function serveCall<Request extends z.ZodType, Response extends z.ZodType>(
  connection: NatsConnection,
  log: Log,
  call: CallDefinition<Request, Response>,
  handler: (request: z.output<Request>) => Promise<z.input<Response>>,
  at?: Address,
): () => Promise<void> {
  const queue = call.name.split(".", 1)[0] ?? call.name;
  const inFlight = new Set<Promise<void>>();
  const subscription = connection.subscribe(subjectOf(call, at), {
    ...(at ? {} : { queue }),
    callback: (error, message) => {
      if (error)
        return log.error({ err: error, call: call.name }, "The bus refused a subscription");
      if (!hasCallerInbox(message)) {
        return log.error({ call: call.name }, "Refused a call without a caller inbox");
      }
      const work = context.with(contextOf(message.headers), async () => {
        const reply = JSON.stringify(await handleCall(log, call, handler, () => message.json()));
        message.respond(limitReplySize(connection, call.name, reply));
      });
      const tracked = work
        .catch((cause: unknown) =>
          log.warn({ err: cause, call: call.name }, "Could not reply to a call"),
        )
        .finally(() => inFlight.delete(tracked));
      inFlight.add(tracked);
    },
  });
  return async () => {
    await subscription.drain();
    await Promise.allSettled(inFlight);
  };
}

/**
 * True if the reply subject is a caller's inbox. nats-server checks where a client publishes, but not
 * where it has a stream deliver messages: a client that can write and read any bucket could have its
 * own content delivered here. The reply subject of such a message is an acknowledgement or empty.
 */
function hasCallerInbox({ reply }: Msg): boolean {
  return reply?.startsWith(inboxPrefix("")) === true;
}

async function handleCall<Request extends z.ZodType, Response extends z.ZodType>(
  log: Log,
  call: CallDefinition<Request, Response>,
  handler: (request: z.output<Request>) => Promise<z.input<Response>>,
  body: () => unknown,
) {
  return tracer.startActiveSpan(`serve ${call.name}`, { kind: SpanKind.SERVER }, async (span) => {
    try {
      const request = call.request.safeParse(body());
      if (!request.success) {
        throw new PermanentError("invalid-request", `${call.name}: ${request.error.message}`);
      }
      return { ok: true, value: call.response.parse(await handler(request.data)) };
    } catch (cause) {
      const error = asHonuaError(cause);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      if (error.code === "unexpected") log.error({ err: cause, call: call.name }, "A call failed");
      return { ok: false, error: toWire(error) };
    } finally {
      span.end();
    }
  });
}

/** @throws PermanentError `too-large` if the message exceeds the server's limit */
function checkSize(connection: NatsConnection, name: string, payload: string): void {
  const limit = connection.info?.max_payload;
  const size = Buffer.byteLength(payload);
  if (limit === undefined || size <= limit) return;
  throw new PermanentError(
    "too-large",
    `${name}: the message has ${size} bytes, but nats-server allows ${limit}. Raise max_payload.`,
  );
}

/** Returns the reply, or a `too-large` error in its place. */
function limitReplySize(connection: NatsConnection, name: string, reply: string): string {
  try {
    checkSize(connection, name, reply);
    return reply;
  } catch (error) {
    return JSON.stringify({ ok: false, error: toWire(asHonuaError(error)) });
  }
}

function subjectOf(call: CallDefinition, to: Address | undefined): string {
  if (call.addressed !== (to !== undefined)) {
    throw new TypeError(`${call.name} ${call.addressed ? "needs" : "takes no"} address`);
  }
  return to ? `rpc.${call.name}.${to.environment}.${to.instance}` : `rpc.${call.name}`;
}

/** Pauses in milliseconds between attempts while no process serves the call, because one may be starting. */
const NO_RESPONDERS_PAUSES_MS = [50, 100, 250] as const;

/** Sends a request, and retries briefly without responders, because then it cannot have had an effect. */
async function requestWithRetry(
  connection: NatsConnection,
  subject: string,
  payload: string,
  timeout: number,
): Promise<Msg> {
  const request = () => connection.request(subject, payload, { timeout, headers: tracedHeaders() });
  for (const pause of NO_RESPONDERS_PAUSES_MS) {
    try {
      return await request();
    } catch (error) {
      if (!hasNoResponders(error)) throw error;
      await setTimeout(pause);
    }
  }
  return request();
}

function hasNoResponders(error: unknown): boolean {
  return (
    error instanceof natsErrors.NoRespondersError ||
    (error instanceof natsErrors.RequestError && error.isNoResponders())
  );
}

function unavailable(name: string, cause: unknown, timeoutMs: number): TransientError {
  const why = hasNoResponders(cause) ? "no process serves it" : `no reply within ${timeoutMs} ms`;
  return new TransientError("unavailable", `${name} failed: ${why}`, { cause });
}
