import { setTimeout } from "node:timers/promises";
import { type CallDefinition, ERROR_CODES, inboxPrefix, wireReply } from "@honua/contracts";
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

/** One named process of an environment, for calls that a certain process must answer. */
export interface Address {
  environment: string;
  instance: string;
}

export interface CallOptions {
  to?: Address;
  /** Milliseconds to wait for the answer; 5 000 unless told. */
  timeoutMs?: number;
}

const tracer = trace.getTracer("honua.bus");

/**
 * Asks another service and waits for its answer.
 *
 * @throws TransientError `unavailable` when nobody answers in time, or the error the peer raised
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
      const message = await ask(connection, subject, payload, timeout).catch((error: unknown) => {
        throw unavailable(call.name, error, timeout);
      });
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

/** Answers a call; several processes of a service share the work through a queue group. */
export function serveCall<Request extends z.ZodType, Response extends z.ZodType>(
  connection: NatsConnection,
  log: Log,
  call: CallDefinition<Request, Response>,
  handler: (request: z.output<Request>) => Promise<z.input<Response>>,
  at?: Address,
): () => Promise<void> {
  const queue = call.name.split(".", 1)[0] ?? call.name;
  const underWay = new Set<Promise<void>>();
  const subscription = connection.subscribe(subjectOf(call, at), {
    ...(at ? {} : { queue }),
    callback: (error, message) => {
      if (error)
        return log.error({ err: error, call: call.name }, "The bus refused a subscription");
      if (!isFromCaller(message)) {
        return log.error({ call: call.name }, "Refused a call that no service has made");
      }
      const work = context.with(contextOf(message.headers), async () => {
        const reply = JSON.stringify(await answer(log, call, handler, () => message.json()));
        message.respond(fitting(connection, call.name, reply));
      });
      const tracked = work
        .catch((cause: unknown) =>
          log.warn({ err: cause, call: call.name }, "Could not answer a call"),
        )
        .finally(() => underWay.delete(tracked));
      underWay.add(tracked);
    },
  });
  return async () => {
    await subscription.drain();
    await Promise.allSettled(underWay);
  };
}

/**
 * Whether a service waits for the answer. nats-server checks what a client publishes, but not where
 * it has a stream's messages delivered: whoever may write and read any bucket could have his words
 * delivered here. Such a message wants an acknowledgement, or nothing, where a call names an inbox.
 */
function isFromCaller({ reply }: Msg): boolean {
  return reply?.startsWith(inboxPrefix("")) === true;
}

async function answer<Request extends z.ZodType, Response extends z.ZodType>(
  log: Log,
  call: CallDefinition<Request, Response>,
  handler: (request: z.output<Request>) => Promise<z.input<Response>>,
  body: () => unknown,
) {
  return tracer.startActiveSpan(`serve ${call.name}`, { kind: SpanKind.SERVER }, async (span) => {
    try {
      const request = call.request.safeParse(body());
      if (!request.success) {
        throw new PermanentError(
          ERROR_CODES.invalidRequest,
          `${call.name}: ${request.error.message}`,
        );
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

/** @throws PermanentError `too-large` when the server would refuse the message */
function checkSize(connection: NatsConnection, name: string, payload: string): void {
  const limit = connection.info?.max_payload;
  const size = Buffer.byteLength(payload);
  if (limit === undefined || size <= limit) return;
  throw new PermanentError(
    "too-large",
    `${name}: a message of ${size} bytes is more than the ${limit} that nats-server allows; raise max_payload`,
  );
}

/** The reply, or in place of one that is too large the error that says so. */
function fitting(connection: NatsConnection, name: string, reply: string): string {
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

/** Milliseconds between attempts while nobody serves a call: a peer may be about to. */
const UNSERVED_PAUSES_MS = [50, 100, 250] as const;

/** One request; asked again for a moment when nobody serves it, which is certain to have done nothing. */
async function ask(
  connection: NatsConnection,
  subject: string,
  payload: string,
  timeout: number,
): Promise<Msg> {
  const request = () => connection.request(subject, payload, { timeout, headers: tracedHeaders() });
  for (const pause of UNSERVED_PAUSES_MS) {
    try {
      return await request();
    } catch (error) {
      if (!isUnserved(error)) throw error;
      await setTimeout(pause);
    }
  }
  return request();
}

function isUnserved(error: unknown): boolean {
  return (
    error instanceof natsErrors.NoRespondersError ||
    (error instanceof natsErrors.RequestError && error.isNoResponders())
  );
}

function unavailable(name: string, cause: unknown, timeoutMs: number): TransientError {
  const why = isUnserved(cause) ? "nobody serves it" : `no answer within ${timeoutMs} ms`;
  return new TransientError(ERROR_CODES.unavailable, `${name} failed: ${why}`, { cause });
}
