import { type GatewayStatus, gatewaysBucket } from "@honua/contracts";
import { type Bus, type Log, messageOf } from "@honua/service-kit";
import { pause } from "./pause.ts";

/** Tells the others what this gateway serves, for as long as it lives. */
export interface StatusReporter {
  /** Tells at once; several calls while one report is under way become one. */
  report(): void;
  /** Ends the reports and takes the entry away. */
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 10_000;
/** While the bus is away, so that its return is noticed. */
const LOOK_AGAIN_MS = 1_000;

export function createStatusReporter(options: {
  bus: Bus;
  key: string;
  status: () => GatewayStatus;
  log: Log;
}): StatusReporter {
  const { bus, key, log } = options;
  const stopping = new AbortController();
  let waiting = new AbortController();
  let isDue = true;
  const running = reportForEver();

  return {
    report() {
      isDue = true;
      waiting.abort();
    },
    async stop() {
      stopping.abort();
      waiting.abort();
      await running;
      if (!bus.isConnected()) return;
      try {
        await (await bus.bucket(gatewaysBucket)).delete(key);
      } catch (error) {
        log.debug({ err: error }, "Could not take the status away; it will expire");
      }
    },
  };

  async function reportForEver(): Promise<void> {
    while (!stopping.signal.aborted) {
      waiting = new AbortController();
      isDue = false;
      // Without a connection a write would only wait for its time to be over.
      const connected = bus.isConnected();
      if (connected) {
        try {
          await (await bus.bucket(gatewaysBucket)).put(key, options.status());
        } catch (error) {
          log.debug({ err: error }, `Could not report the status: ${messageOf(error)}`);
        }
      }
      if (isDue || stopping.signal.aborted) continue;
      await pause(connected ? HEARTBEAT_MS : LOOK_AGAIN_MS, waiting.signal);
    }
  }
}
