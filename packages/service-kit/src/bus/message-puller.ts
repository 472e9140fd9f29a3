import type { Msg, NatsConnection } from "nats";
import { TransientError } from "../errors.ts";

/** A message of a durable consumer, delivered to this process until it is acknowledged. */
export interface PulledMessage extends Pick<Msg, "subject" | "headers" | "json" | "string"> {
  /** 1 at the first delivery. */
  readonly delivery: number;
  /** Time at which the stream stored it. */
  readonly storedAt: Date;
  /** Number of messages behind it at delivery. */
  readonly pending: number;
  ack(): void;
  /** Extends the acknowledgement deadline. */
  working(): void;
  /** Returns it for redelivery after `ms` milliseconds. */
  nak(ms?: number): void;
  /** Terminates it; it is not redelivered. */
  term(): void;
}

/** Milliseconds beyond the wait after which the server counts as unreachable. */
const RESPONSE_TIMEOUT_MS = 5_000;

/** Pulls the messages of one durable consumer, one at a time. */
export interface MessagePuller {
  /**
   * Requests the next message and leaves no open request if there is none: a thousand open requests
   * cost the server and the client a thousand heartbeats per second.
   *
   * @param waitMs how long the server may wait for a message, in milliseconds
   * @returns undefined if there is none, or if a message in flight is not acknowledged yet
   * @throws TransientError `lane-refused` if the consumer or the server is missing
   */
  pull(waitMs: number): Promise<PulledMessage | undefined>;
  close(): void;
}

/**
 * Uses its own inbox, because a message arrives under its original subject and the client's shared
 * request inbox could not assign it to a request.
 */
export function createMessagePuller(
  connection: NatsConnection,
  { stream, consumer, inbox }: { stream: string; consumer: string; inbox: string },
): MessagePuller {
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  let receive: ((response: Msg | Error) => void) | undefined;
  const subscription = connection.subscribe(inbox, {
    callback(error, message) {
      if (receive) receive(error ?? message);
      // The request timed out. Return the message for another process.
      else if (message.reply) message.respond("-NAK");
    },
  });

  async function requestMessage(request: string, withinMs: number): Promise<Msg> {
    const response = await new Promise<Msg | Error>((resolve) => {
      const timer = setTimeout(
        () => resolve(new Error(`no response within ${withinMs} ms`)),
        withinMs,
      );
      receive = (received) => {
        clearTimeout(timer);
        resolve(received);
      };
      connection.publish(subject, request, { reply: inbox });
    }).finally(() => {
      receive = undefined;
    });
    if (!(response instanceof Error)) return response;
    throw new TransientError("lane-refused", `Consumer ${consumer}: ${response.message}.`, {
      cause: response,
    });
  }

  return {
    async pull(waitMs) {
      const request = JSON.stringify({ batch: 1, expires: waitMs * 1e6 });
      const message = await requestMessage(request, waitMs + RESPONSE_TIMEOUT_MS);
      const status = message.headers?.code ?? 0;
      if (message.reply) return pulledMessage(message, message.reply);
      // 404: no messages, 408: none within the time.
      if (status === 404 || status === 408) return undefined;
      const why = `${status} ${message.headers?.description ?? ""}`;
      throw new TransientError("lane-refused", `Consumer ${consumer} returned no message: ${why}`);
    },
    close: () => subscription.unsubscribe(),
  };
}

function pulledMessage(message: Msg, reply: string): PulledMessage {
  return {
    subject: message.subject,
    ...(message.headers ? { headers: message.headers } : {}),
    json: () => message.json(),
    string: () => message.string(),
    ...parseAckSubject(reply),
    ack: () => void message.respond("+ACK"),
    working: () => void message.respond("+WPI"),
    nak: (ms = 0) =>
      void message.respond(ms > 0 ? `-NAK ${JSON.stringify({ delay: ms * 1e6 })}` : "-NAK"),
    // Without a reason: nats-server 2.9 does not accept a reason as an acknowledgement.
    term: () => void message.respond("+TERM"),
  };
}

/**
 * Parses the acknowledgement subject of a message (NATS ADR-15):
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`,
 * with domain and account after `ACK` on newer servers.
 */
export function parseAckSubject(
  reply: string,
): Pick<PulledMessage, "delivery" | "storedAt" | "pending"> {
  const tokens = reply.split(".");
  const from = tokens.length > 9 ? 6 : 4;
  const nanoseconds = tokens[from + 3] ?? "";
  return {
    delivery: Number(tokens[from]),
    storedAt: new Date(Number(nanoseconds.slice(0, -6))),
    pending: Number(tokens[from + 4]),
  };
}
