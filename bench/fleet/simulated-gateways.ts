import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  desiredBucket,
  type GatewayStatus,
  gatewaysBucket,
  prepareRelease,
} from "@honua/contracts";
import { connectBus, createLog } from "@honua/service-kit";

const INSTANCE = "simulated";
const HEARTBEAT_MS = 10_000;

/**
 * Simulates one gateway per environment in one process. It agrees to every release, serves the desired
 * release at once, sends heartbeats and responds to verifications. It causes all work of the engine, but
 * does not load releases or read GIS databases.
 */
export async function startSimulatedGateways(
  natsUrl: string,
  environments: readonly string[],
): Promise<{ stop(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end('{"type":"FeatureCollection"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const log = createLog({ service: "bench", instance: INSTANCE, level: "warn", pretty: false });
  const bus = await connectBus({
    url: natsUrl,
    service: "gis-gateway",
    instance: INSTANCE,
    log,
    onClosed: () => undefined,
  });
  const gateways = await bus.bucket(gatewaysBucket);
  const served = new Map<string, string>();
  const report = (environment: string) =>
    gateways.put(`${environment}.${INSTANCE}`, {
      environment,
      instance: INSTANCE,
      url,
      observedRelease: served.get(environment) ?? null,
      activationError: null,
      collections: [],
      at: new Date().toISOString(),
    } satisfies GatewayStatus);

  for (const environment of environments) {
    bus.serve(
      prepareRelease,
      async ({ release }) => ({
        instance: INSTANCE,
        release,
        ok: true,
        problems: [],
        warnings: [],
      }),
      { environment, instance: INSTANCE },
    );
  }
  const stopping = new AbortController();
  const following = followDesired();
  await Promise.all(environments.map(report));
  const heartbeats = setInterval(
    () => void Promise.all(environments.map(report)).catch(() => undefined),
    HEARTBEAT_MS,
  );

  return {
    async stop() {
      clearInterval(heartbeats);
      stopping.abort();
      await following;
      await bus.close();
      server.closeAllConnections();
      server.close();
    },
  };

  async function followDesired() {
    const desired = await bus.bucket(desiredBucket);
    for await (const { key, value } of desired.watch(">", stopping.signal)) {
      if (!value || served.get(key) === value.release) continue;
      served.set(key, value.release);
      void report(key);
    }
  }
}
