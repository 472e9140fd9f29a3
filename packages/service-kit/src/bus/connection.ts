import { setTimeout } from "node:timers/promises";
import { inboxPrefix } from "@honua/contracts";
import { type ConnectionOptions, connect, errors, type NatsConnection } from "nats";
import { backoffDelay } from "../backoff.ts";
import { messageOf, TransientError } from "../errors.ts";
import type { Log } from "../log.ts";

export interface BusCredentials {
  user: string;
  pass: string;
}

export interface BusTls {
  caFile: string;
  certFile?: string;
  keyFile?: string;
}

/** Milliseconds that one attempt to connect may take. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Milliseconds between attempts to reach a server for the first time. */
const FIRST_CONNECT = { baseMs: 200, maxMs: 2_000 };

/**
 * Connects to NATS and stays connected for ever: jittered reconnects, short pings, an inbox prefix
 * of the service's own. Waits for a server that is not there yet, or that refuses the password.
 *
 * @param options.onFault told why the server cannot be used, each time that it is tried in vain
 * @throws TransientError `bus-unavailable` when `giveUpAfterMs` have passed; without it, never
 * @param options.onClosed called when the connection ended for good although nobody asked it to
 */
export async function connectNats(options: {
  url: string;
  /** Whom nats-server knows this process as; anybody when absent. */
  credentials?: BusCredentials | undefined;
  /** PEM files; set when the server's certificate must be checked against them. */
  tls?: BusTls | undefined;
  service: string;
  instance: string;
  log: Log;
  onFault?: ((reason: string) => void) | undefined;
  giveUpAfterMs?: number | undefined;
  onClosed: (error: Error | undefined) => void;
}): Promise<NatsConnection> {
  const { log } = options;
  const connection = await connectAtLast(options, {
    servers: options.url.split(","),
    name: `${options.service}/${options.instance}`,
    inboxPrefix: inboxPrefix(options.service),
    ...(options.credentials ?? {}),
    ...(options.tls ? { tls: options.tls } : {}),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 300,
    pingInterval: 5_000,
    maxPingOut: 2,
    // The client would wait as well, but without a word about what keeps it from connecting.
    waitOnFirstConnect: false,
    ignoreClusterUpdates: false,
    // Else every request makes an Error for the stack of whoever asks, which our own errors do not show.
    noAsyncTraces: true,
  });
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") log.warn("Lost the message bus; reconnecting");
      if (status.type === "reconnect") log.info("Message bus is back");
    }
  })();
  void connection.closed().then((error) => {
    options.onClosed(error instanceof Error ? error : undefined);
  });
  return connection;
}

interface Patience {
  url: string;
  log: Log;
  onFault?: ((reason: string) => void) | undefined;
  giveUpAfterMs?: number | undefined;
}

/** Tries until a server lets this process in. */
async function connectAtLast(
  { url, log, onFault, giveUpAfterMs = Number.POSITIVE_INFINITY }: Patience,
  client: ConnectionOptions,
): Promise<NatsConnection> {
  const deadline = performance.now() + giveUpAfterMs;
  let told: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(client);
    } catch (cause) {
      const reason = faultOf(cause, url, client);
      onFault?.(reason);
      if (performance.now() > deadline) {
        throw new TransientError("bus-unavailable", reason, { cause });
      }
      if (reason !== told) log.warn(`${reason}; trying again`);
      told = reason;
      await setTimeout(backoffDelay(attempt, FIRST_CONNECT));
    }
  }
}

/** Why the server cannot be used, and what to look at. */
function faultOf(error: unknown, url: string, { tls }: ConnectionOptions): string {
  const servers = url.replaceAll(/\/\/[^/@,]*@/g, "//");
  if (error instanceof errors.AuthorizationError) {
    return `nats-server at ${servers} refuses the user or password; check NATS_USER and NATS_PASSWORD`;
  }
  if (error instanceof errors.TimeoutError) {
    // With TLS 1.3 a server that misses the client's certificate just falls silent.
    const advice =
      tls && !tls.certFile ? "; if it asks for client certificates, set NATS_CERT_FILE" : "";
    return `nats-server at ${servers} does not answer within ${CONNECT_TIMEOUT_MS} ms${advice}`;
  }
  const why = messageOf(error);
  const advice = /certificate|tls|altnames/i.test(why) ? "; check NATS_CA_FILE" : "";
  return `nats-server at ${servers} cannot be used: ${why}${advice}`;
}
