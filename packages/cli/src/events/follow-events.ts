import { setTimeout } from "node:timers/promises";
import { type Envelope, envelope } from "@honua/contracts";
import { type Api, StatusFailed } from "../api/api-client.ts";
import { CommandFailed } from "../command-error.ts";
import { createEventParser } from "./event-stream-parser.ts";

/** An event as `honua events` shows it. */
export interface StreamedEvent {
  /** Resumes the stream behind it. */
  streamId: string;
  event: string;
  envelope: Envelope;
}

/** The server says something at least every 15 seconds; a connection silent for longer is dead. */
const SILENCE_MS = 50_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/**
 * Follows the events of the system for ever: a stream that ends or breaks is taken up again behind
 * the last event that was given to `take`, so that none is lost and none comes twice.
 *
 * @param deps.warn is told when the connection is lost, when it is back, and of events that are gone
 * @throws CommandFailed what the service refuses for good, and an address that never answered
 */
export async function followEvents(
  api: Pick<Api, "stream">,
  query: URLSearchParams,
  deps: {
    take: (event: StreamedEvent) => void;
    warn: (text: string) => void;
    signal: AbortSignal;
    silenceMs?: number;
  },
): Promise<void> {
  const { take, warn, signal, silenceMs = SILENCE_MS } = deps;
  let lastId: string | undefined;
  let connected = false;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await readOnce(() => {
        if (connected && failures > 0) warn("Connected again.");
        connected = true;
        failures = 0;
      });
      // The server ends a stream now and then, also when it is stopped.
      failures += 1;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof StatusFailed && error.status === 410 && lastId !== undefined) {
        warn(`Events are missing here: ${error.message}`);
        lastId = undefined;
        continue;
      }
      if (!connected || isFinal(error)) throw error;
      failures += 1;
      if (failures === 2) warn("The connection is lost; trying again …");
    }
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
    await setTimeout(delay, undefined, { signal }).catch(() => undefined);
  }

  async function readOnce(opened: () => void): Promise<void> {
    const silence = new AbortController();
    const ending = AbortSignal.any([signal, silence.signal]);
    const headers = lastId === undefined ? {} : { "last-event-id": lastId };
    const body = await api.stream(`/api/gitops/events?${query}`, headers, ending);
    const parse = createEventParser(({ id, event, data }) => {
      if (data !== "") take({ streamId: id, event, envelope: parsed(data) });
      if (id !== "") lastId = id;
      opened();
    });
    const timer = globalThis.setTimeout(() => silence.abort(), silenceMs);
    try {
      for await (const text of body) {
        timer.refresh();
        parse(text);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function parsed(data: string): Envelope {
  const { data: content, ...rest } = envelope.parse(JSON.parse(data));
  return { ...rest, data: content };
}

/** Asking again would be answered the same; what is busy or away is asked again. */
function isFinal(error: unknown): boolean {
  if (error instanceof StatusFailed) return error.status < 500 && error.status !== 429;
  return !(error instanceof CommandFailed) && !isBroken(error);
}

/** A connection that broke, in the words of `fetch`. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error as Error | null)?.name === "AbortError";
}
