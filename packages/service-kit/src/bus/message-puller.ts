import type { Msg, NatsConnection } from "nats";
import { TransientError } from "../errors.ts";

/** A message of a durable consumer, this process's own until it says what became of it. */
export interface TakenMessage extends Pick<Msg, "subject" | "headers" | "json" | "string"> {
  /** 1 at the first delivery. */
  readonly delivery: number;
  /** When the stream stored it. */
  readonly storedAt: Date;
  /** Messages that waited behind it when it was given. */
  readonly pending: number;
  ack(): void;
  /** Keeps it from being given to somebody else. */
  working(): void;
  /** Gives it back, to be delivered again after so many milliseconds. */
  nak(ms?: number): void;
  /** Gives it up; it is not delivered again. */
  term(): void;
}

/** Milliseconds beyond the wait after which the server itself must have vanished. */
const ANSWER_MS = 5_000;

/** Takes the messages of one durable consumer, one at a time. */
export interface Taker {
  /**
   * Asks for the next message, and leaves no request behind when there is none: a thousand that stand
   * open cost the server and the client a thousand heartbeats a second.
   *
   * @param waitMs how long the server may wait for one
   * @returns undefined when there is none, or the one in flight is not acknowledged yet
   * @throws TransientError when the consumer, or the server, is not there
   */
  take(waitMs: number): Promise<TakenMessage | undefined>;
  close(): void;
}

/**
 * An inbox of its own for the consumer, as long as it lasts: a message arrives under its own subject,
 * by which the inbox that all requests share would not know whose it is.
 */
export function createTaker(
  connection: NatsConnection,
  { stream, consumer, inbox }: { stream: string; consumer: string; inbox: string },
): Taker {
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  let receive: ((answer: Msg | Error) => void) | undefined;
  const subscription = connection.subscribe(inbox, {
    callback(error, message) {
      if (receive) receive(error ?? message);
      // Nobody waits for it any more; somebody else may have it.
      else if (message.reply) message.respond("-NAK");
    },
  });

  async function answerTo(request: string, withinMs: number): Promise<Msg> {
    const answer = await new Promise<Msg | Error>((resolve) => {
      const timer = setTimeout(
        () => resolve(new Error(`no answer within ${withinMs} ms`)),
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
    if (!(answer instanceof Error)) return answer;
    throw new TransientError("lane-refused", `${consumer}: ${answer.message}`, { cause: answer });
  }

  return {
    async take(waitMs) {
      const request = JSON.stringify({ batch: 1, expires: waitMs * 1e6 });
      const message = await answerTo(request, waitMs + ANSWER_MS);
      const status = message.headers?.code ?? 0;
      if (message.reply) return takenMessage(message, message.reply);
      // 404: no messages, 408: none within the time.
      if (status === 404 || status === 408) return undefined;
      const why = `${status} ${message.headers?.description ?? ""}`;
      throw new TransientError("lane-refused", `${consumer} gave no message: ${why}`);
    },
    close: () => subscription.unsubscribe(),
  };
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
    // Without a reason, which nats-server 2.9 takes for no acknowledgement at all.
    term: () => void message.respond("+TERM"),
  };
}

/**
 * What the subject for acknowledgements says (ADR-15 of NATS):
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`,
 * on newer servers with domain and account behind `ACK`.
 */
export function deliveryOf(reply: string): Pick<TakenMessage, "delivery" | "storedAt" | "pending"> {
  const tokens = reply.split(".");
  const from = tokens.length > 9 ? 6 : 4;
  const nanoseconds = tokens[from + 3] ?? "";
  return {
    delivery: Number(tokens[from]),
    storedAt: new Date(Number(nanoseconds.slice(0, -6))),
    pending: Number(tokens[from + 4]),
  };
}
