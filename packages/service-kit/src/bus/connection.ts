import { inboxPrefix } from "@honua/contracts";
import { connect, type NatsConnection } from "nats";
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

/**
 * Connects to NATS and stays connected for ever: jittered reconnects, short pings, an inbox prefix
 * of the service's own. Waits for a server that is not there yet.
 *
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
  onClosed: (error: Error | undefined) => void;
}): Promise<NatsConnection> {
  const { log } = options;
  const connection = await connect({
    servers: options.url.split(","),
    name: `${options.service}/${options.instance}`,
    inboxPrefix: inboxPrefix(options.service),
    ...(options.credentials ?? {}),
    ...(options.tls ? { tls: options.tls } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 300,
    pingInterval: 5_000,
    maxPingOut: 2,
    waitOnFirstConnect: true,
    ignoreClusterUpdates: false,
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
