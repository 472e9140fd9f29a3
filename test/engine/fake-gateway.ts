import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  desiredBucket,
  type GatewayStatus,
  gatewaysBucket,
  type PrepareResult,
  prepareRelease,
} from "@honua/contracts";
import type { Bus } from "@honua/service-kit";

/** A gateway as the engine sees it. The test controls its behaviour. */
export interface FakeGateway {
  /** If false, the gateway ignores the desired release, like a gateway that hangs. */
  setFollowing(follows: boolean): Promise<void>;
  /** Changes the content of its heartbeats. */
  reportStatus(changes: Partial<GatewayStatus>): Promise<void>;
  /** Sets the reply to `prepare` calls from now on. */
  onPrepare(reply: (release: string) => Promise<PrepareResult> | PrepareResult): void;
  /** Sets the status of responses by request path from now on. The default is 200. */
  onRequest(status: (path: string) => number): void;
  /** The release that the gateway serves. */
  servedRelease(): string | null;
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 5_000;

export async function startFakeGateway(options: {
  bus: Bus;
  environment: string;
  instance: string;
}): Promise<FakeGateway> {
  const { bus, environment, instance } = options;
  let statusOf: (path: string) => number = () => 200;
  let prepared: (release: string) => Promise<PrepareResult> | PrepareResult = (release) => ({
    instance,
    release,
    ok: true,
    problems: [],
    warnings: [],
  });
  const server = createServer(({ url = "" }, response) => {
    response.statusCode = statusOf(url);
    response.setHeader("content-type", "application/json").end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const gateways = await bus.bucket(gatewaysBucket);
  const desired = await bus.bucket(desiredBucket);
  let follows = true;
  let status: GatewayStatus = {
    environment,
    instance,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    observedRelease: null,
    activationError: null,
    collections: [],
    at: "",
  };
  const report = async (changes: Partial<GatewayStatus>) => {
    status = { ...status, ...changes, at: new Date().toISOString() };
    await gateways.put(`${environment}.${instance}`, status);
  };
  const unserve = bus.serve(prepareRelease, async ({ release }) => prepared(release), {
    environment,
    instance,
  });
  const stopping = new AbortController();
  const following = (async () => {
    for await (const { value } of desired.watch(environment, stopping.signal)) {
      if (follows && value) await report({ observedRelease: value.release });
    }
  })();
  await report({});
  const heartbeats = setInterval(() => void report({}).catch(() => undefined), HEARTBEAT_MS);

  return {
    reportStatus: report,
    servedRelease: () => status.observedRelease,
    async setFollowing(isFollowing) {
      follows = isFollowing;
      const entry = await desired.get(environment);
      if (follows && entry) await report({ observedRelease: entry.value.release });
    },
    onPrepare(reply) {
      prepared = reply;
    },
    onRequest(status) {
      statusOf = status;
    },
    async stop() {
      clearInterval(heartbeats);
      stopping.abort();
      await following;
      await unserve();
      server.closeAllConnections();
      server.close();
    },
  };
}
