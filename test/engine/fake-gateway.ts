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

/** A gateway as the engine sees one, which does what a test tells it to. */
export interface StandInGateway {
  /** While false it ignores what is desired, as one that hangs does. */
  follow(follows: boolean): Promise<void>;
  /** Changes what its heartbeats say. */
  report(changes: Partial<GatewayStatus>): Promise<void>;
  /** What it answers to `prepare` from now on. */
  answerPrepare(answer: (release: string) => Promise<PrepareResult> | PrepareResult): void;
  /** The status that requests for a path get from now on; 200 unless told. */
  answerHttp(status: (path: string) => number): void;
  /** The release that it serves. */
  serves(): string | null;
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 5_000;

export async function startStandInGateway(options: {
  bus: Bus;
  environment: string;
  instance: string;
}): Promise<StandInGateway> {
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
    report,
    serves: () => status.observedRelease,
    async follow(nowFollows) {
      follows = nowFollows;
      const entry = await desired.get(environment);
      if (follows && entry) await report({ observedRelease: entry.value.release });
    },
    answerPrepare(answer) {
      prepared = answer;
    },
    answerHttp(status) {
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
