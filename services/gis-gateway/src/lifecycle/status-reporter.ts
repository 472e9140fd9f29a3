import { type GatewayStatus, gatewaysBucket } from "@honua/contracts";
import { abortableDelay, type Bus, type Log, messageOf } from "@honua/service-kit";

/** Publishes the status of this gateway periodically and after changes. */
export interface StatusReporter {
  /** Publishes immediately; calls during a publication are combined. */
  report(): void;
  /** Stops publishing and removes the entry. */
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 10_000;
/** Interval of checks for a restored bus connection. */
const RECHECK_MS = 1_000;

export function createStatusReporter(options: {
  bus: Bus;
  key: string;
  status: () => GatewayStatus;
  log: Log;
}): StatusReporter {
  const { bus, key, log } = options;
  const stopping = new AbortController();
  let delayAbort = new AbortController();
  let isDue = true;
  const running = reportPeriodically();

  return {
    report() {
      isDue = true;
      delayAbort.abort();
    },
    async stop() {
      stopping.abort();
      delayAbort.abort();
      await running;
      if (!bus.isConnected()) return;
      try {
        await (await bus.bucket(gatewaysBucket)).delete(key);
      } catch (error) {
        log.debug({ err: error }, "Could not remove the status; it will expire");
      }
    },
  };

  async function reportPeriodically(): Promise<void> {
    while (!stopping.signal.aborted) {
      delayAbort = new AbortController();
      isDue = false;
      // Without a connection a write would only time out.
      const connected = bus.isConnected();
      if (connected) {
        try {
          await (await bus.bucket(gatewaysBucket)).put(key, options.status());
        } catch (error) {
          log.debug({ err: error }, `Could not report the status: ${messageOf(error)}`);
        }
      }
      if (isDue || stopping.signal.aborted) continue;
      await abortableDelay(connected ? HEARTBEAT_MS : RECHECK_MS, delayAbort.signal);
    }
  }
}
