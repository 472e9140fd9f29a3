import type { Msg, NatsConnection } from "nats";
import { TransientError } from "../errors.ts";

/** A message of a durable consumer, this process's own until it says what became of it. */
export interface TakenMessage extends Pick<Msg, "subject" | "headers" | "json" | "string"> {
  /** 1 at the first delivery. */
  readonly delivery: number;
  /** When the stream stored it. */
  readonly storedAt: Date;
  ack(): void;
  /** Keeps it from being given to somebody else. */
  working(): void;
  /** Gives it back, to be delivered again after so many milliseconds. */
  nak(ms?: number): void;
  /** Gives it up; it is not delivered again. */
  term(reason: string): void;
}

/** Milliseconds beyond the wait after which the server itself must have vanished. */
const ANSWER_MS = 5_000;

/**
 * Asks a consumer for its next message, and leaves nothing behind when there is none: a thousand
 * requests that stand open cost the server and the client a thousand heartbeats a second.
 *
 * @param waitMs how long the server may wait for one
 * @returns undefined when there is none, or the one in flight is not acknowledged yet
 * @throws whatever the client raises when the consumer, or the server, is not there
 */
export async function takeMessage(
  connection: NatsConnection,
  { stream, consumer, waitMs }: { stream: string; consumer: string; waitMs: number },
): Promise<TakenMessage | undefined> {
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  const request = JSON.stringify({ batch: 1, expires: waitMs * 1e6 });
  // A message arrives under its own subject, by which the shared inbox would not know it.
  const options = { timeout: waitMs + ANSWER_MS, noMux: true };
  const message = await connection.request(subject, request, options);
  const status = message.headers?.code ?? 0;
  if (message.reply === undefined || message.reply === "") {
    // 404: no messages, 408: none within the time.
    if (status === 404 || status === 408) return undefined;
    const why = `${status} ${message.headers?.description ?? ""}`;
    throw new TransientError("lane-refused", `${consumer} gave no message: ${why}`);
  }
  return takenMessage(message, message.reply);
}

function takenMessage(message: Msg, reply: string): TakenMessage {
  return {
    subject: message.subject,
    ...(message.headers ? { headers: message.headers } : {}),
    json: () => message.json(),
    string: () => message.string(),
    ...deliveryOf(reply),
    ack: () => void message.respond("+ACK"),
    working: () => void message.respond("+WPI"),
    nak: (ms = 0) =>
      void message.respond(ms > 0 ? `-NAK ${JSON.stringify({ delay: ms * 1e6 })}` : "-NAK"),
    term: (reason) => void message.respond(`+TERM ${reason}`),
  };
}

/**
 * What the subject for acknowledgements says (ADR-15 of NATS):
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`,
 * on newer servers with domain and account behind `ACK`.
 */
export function deliveryOf(reply: string): { delivery: number; storedAt: Date } {
  const tokens = reply.split(".");
  const from = tokens.length > 9 ? 6 : 4;
  const nanoseconds = tokens[from + 3] ?? "";
  return {
    delivery: Number(tokens[from]),
    storedAt: new Date(Number(nanoseconds.slice(0, -6))),
  };
}
