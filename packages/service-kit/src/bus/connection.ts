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

/** Time limit of one attempt to connect, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Backoff in milliseconds between attempts at the first connection. */
const CONNECT_BACKOFF = { baseMs: 200, maxMs: 2_000 };

/**
 * Connects to NATS and reconnects indefinitely, with jitter, short pings and the service's own inbox
 * prefix. Also waits for a server that is not running yet or refuses the password.
 *
 * @param options.onFault called with the reason after each failed attempt
 * @param options.onClosed called if the connection is closed permanently without `close`
 * @throws TransientError `bus-unavailable` after `connectWithinMs`, if set
 */
export async function connectNats(options: {
  url: string;
  /** Anonymous if absent. */
  credentials?: BusCredentials | undefined;
  /** PEM files to verify the server's certificate. */
  tls?: BusTls | undefined;
  service: string;
  instance: string;
  log: Log;
  onFault?: ((reason: string) => void) | undefined;
  connectWithinMs?: number | undefined;
  onClosed: (error: Error | undefined) => void;
}): Promise<NatsConnection> {
  const { log } = options;
  const connection = await connectWithRetry(options, {
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
    // We retry ourselves, because the client does not report why it cannot connect.
    waitOnFirstConnect: false,
    ignoreClusterUpdates: false,
    // Otherwise each request creates an Error for the caller's stack, which our own errors do not use.
    noAsyncTraces: true,
  });
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") log.warn("Lost the message bus connection; reconnecting");
      if (status.type === "reconnect") log.info("Message bus connection restored");
    }
  })();
  void connection.closed().then((error) => {
    options.onClosed(error instanceof Error ? error : undefined);
  });
  return connection;
}

interface RetryOptions {
  url: string;
  log: Log;
  onFault?: ((reason: string) => void) | undefined;
  connectWithinMs?: number | undefined;
}

/** Retries until the connection succeeds. */
async function connectWithRetry(
  { url, log, onFault, connectWithinMs = Number.POSITIVE_INFINITY }: RetryOptions,
  client: ConnectionOptions,
): Promise<NatsConnection> {
  const deadline = performance.now() + connectWithinMs;
  let lastReason: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(client);
    } catch (cause) {
      const reason = describeConnectFailure(cause, url, client);
      onFault?.(reason);
      if (performance.now() > deadline) {
        throw new TransientError("bus-unavailable", reason, { cause });
      }
      if (reason !== lastReason) log.warn(`${reason}; retrying`);
      lastReason = reason;
      await setTimeout(backoffDelay(attempt, CONNECT_BACKOFF));
    }
  }
}

/** Describes why the server cannot be used and what to check. */
function describeConnectFailure(error: unknown, url: string, { tls }: ConnectionOptions): string {
  const servers = url.replaceAll(/\/\/[^/@,]*@/g, "//");
  if (error instanceof errors.AuthorizationError) {
    return `nats-server at ${servers} refuses the user or password; check NATS_USER and NATS_PASSWORD`;
  }
  if (error instanceof errors.TimeoutError) {
    // With TLS 1.3 a server that requires a client certificate does not respond without one.
    const advice =
      tls && !tls.certFile ? "; if it asks for client certificates, set NATS_CERT_FILE" : "";
    return `nats-server at ${servers} does not respond within ${CONNECT_TIMEOUT_MS} ms${advice}`;
  }
  const why = messageOf(error);
  const advice = /certificate|tls|altnames/i.test(why) ? "; check NATS_CA_FILE" : "";
  return `nats-server at ${servers} cannot be used: ${why}${advice}`;
}
