import { setTimeout } from "node:timers/promises";
import { type Envelope, envelope } from "@honua/contracts";
import { type ApiClient, HttpStatusError } from "../api/api-client.ts";
import { CommandError } from "../command-error.ts";
import { createEventStreamParser } from "./event-stream-parser.ts";

/** An event of the stream. */
export interface StreamedEvent {
  /** Position in the stream. A client resumes after it by sending it as `Last-Event-ID`. */
  streamId: string;
  event: string;
  envelope: Envelope;
}

/** The server sends a heartbeat every 15 s, so a connection that is silent for longer is dead. */
const SILENCE_TIMEOUT_MS = 50_000;
const FIRST_RETRY_DELAY_MS = 250;
const MAX_RETRY_DELAY_MS = 5_000;

/**
 * Follows the event stream until `signal` aborts. After a disconnect it resumes after the last
 * received event, so that no event is lost or repeated.
 *
 * @param deps.warn called when the connection is lost or restored, and when events are missing
 * @throws HttpStatusError when the service refuses the request permanently
 * @throws CommandError when the first connection fails
 */
export async function followEvents(
  api: Pick<ApiClient, "openEventStream">,
  query: URLSearchParams,
  deps: {
    onEvent: (event: StreamedEvent) => void;
    warn: (text: string) => void;
    signal: AbortSignal;
    silenceTimeoutMs?: number;
  },
): Promise<void> {
  const { onEvent, warn, signal, silenceTimeoutMs = SILENCE_TIMEOUT_MS } = deps;
  let lastEventId: string | undefined;
  let wasConnected = false;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await readStream(() => {
        if (wasConnected && failures > 0) warn("Connected again.");
        wasConnected = true;
        failures = 0;
      });
      // The server ends a stream regularly, and when it stops.
      failures += 1;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HttpStatusError && error.status === 410 && lastEventId !== undefined) {
        warn(`Events are missing here: ${error.message}`);
        lastEventId = undefined;
        continue;
      }
      if (!wasConnected || isPermanent(error)) throw error;
      failures += 1;
      if (failures === 2) warn("The connection was lost. Retrying …");
    }
    const delay = Math.min(MAX_RETRY_DELAY_MS, FIRST_RETRY_DELAY_MS * 2 ** (failures - 1));
    await setTimeout(delay, undefined, { signal }).catch(() => undefined);
  }

  /** Reads one connection until it ends. */
  async function readStream(onOpen: () => void): Promise<void> {
    const silence = new AbortController();
    const streamSignal = AbortSignal.any([signal, silence.signal]);
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const body = await api.openEventStream(`/api/gitops/events?${query}`, headers, streamSignal);
    const parseChunk = createEventStreamParser(({ id, event, data }) => {
      if (data !== "") onEvent({ streamId: id, event, envelope: parseEnvelope(data) });
      if (id !== "") lastEventId = id;
      onOpen();
    });
    const silenceTimer = globalThis.setTimeout(() => silence.abort(), silenceTimeoutMs);
    try {
      for await (const chunk of body) {
        silenceTimer.refresh();
        parseChunk(chunk);
      }
    } finally {
      clearTimeout(silenceTimer);
    }
  }
}

function parseEnvelope(json: string): Envelope {
  const { data, ...attributes } = envelope.parse(JSON.parse(json));
  return { ...attributes, data };
}

/** Whether a retry would fail in the same way. Overload (429), outages and disconnects are retried. */
function isPermanent(error: unknown): boolean {
  if (error instanceof HttpStatusError) return error.status < 500 && error.status !== 429;
  return !(error instanceof CommandError) && !isDisconnect(error);
}

/** Whether `fetch` reports a lost connection. */
function isDisconnect(error: unknown): boolean {
  return error instanceof TypeError || (error as Error | null)?.name === "AbortError";
}
