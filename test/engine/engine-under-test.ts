import { createHash, randomBytes, randomUUID } from "node:crypto";
import {
  commitDetected,
  type Deployment,
  type EnvironmentState,
  getDeployment,
  getEnvironmentState,
} from "@honua/contracts";
import {
  type Bus,
  connectBus,
  createLog,
  hashToken,
  type Service,
  startTelemetry,
  systemClock,
} from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { createReconcilerService } from "../../services/reconciler/src/service.ts";
import { reconcilerSettings } from "../../services/reconciler/src/settings.ts";
import { createStateService } from "../../services/state/src/service.ts";
import { stateSettings } from "../../services/state/src/settings.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";

export const RESYNC_SECONDS = 0.5;
export const TOKEN = "operator-token-of-the-engine-tests";
const silent = createLog({ service: "test", instance: "test", level: "silent" });

/** An event that state has published, in the order of the outbox. */
export interface PublishedEvent {
  type: string;
  data: Record<string, unknown>;
}

/** State and a reconciler on real NATS and PostgreSQL. Tests take the place of the watcher and the gateways. */
export interface EngineUnderTest {
  bus: Bus;
  nats: RunningNats;
  /** Base URL of the operator API of state. */
  stateUrl: string;
  /** Creates an environment for one test, with its own gateways. */
  createEnvironment(options?: { gateways?: number }): Promise<EnvironmentUnderTest>;
  /** The lines that the reconciler has logged so far. */
  logs(): Record<string, unknown>[];
  /** Sends a request to the operator API of state: a POST if there is a body, otherwise a GET. */
  askState(path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** The metrics of state and the reconciler in the Prometheus text format. */
  metrics(): Promise<string>;
  /** The health of a component in `/health/gitops` of state. */
  healthOf(component: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

export interface CommitOptions {
  forced?: boolean;
  dryRun?: boolean;
  id?: string;
  /** The policy of the environment, as a YAML flow mapping without its braces. */
  policy?: string;
}

export interface EnvironmentUnderTest {
  name: string;
  gateways: FakeGateway[];
  /** Publishes a commit like the watcher does, and returns its id. */
  publishCommit(metadata: object, options?: CommitOptions): Promise<string>;
  state(): Promise<EnvironmentState>;
  newestDeploymentOf(commit: string): Promise<Deployment>;
  /** Waits until the newest deployment of a commit is in one of the states. */
  untilState(commit: string, ...states: string[]): Promise<Deployment>;
  events(): Promise<PublishedEvent[]>;
}

export async function startEngine(): Promise<EngineUnderTest> {
  // Telemetry must start before the services register their metrics.
  const telemetry = await startTelemetry({
    service: "engine",
    instance: "engine",
    environment: {},
  });
  const [nats, database] = await Promise.all([startNats(), createDatabase()]);
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    service: "reconciler",
    instance: "reconciler-1",
    level: "debug",
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const join = (service: string) =>
    connectBus({
      url: nats.url,
      service,
      instance: randomUUID(),
      log: silent,
      onClosed: () => undefined,
    });
  const buses = await Promise.all([join("state"), join("reconciler"), join("test")]);
  const [stateBus, reconcilerBus, bus] = buses;
  const state = createStateService({
    settings: stateSettings.parse({
      DATABASE_URL: database.url,
      PORT: 0,
      HOST: "127.0.0.1",
      GitOps: {
        Tokens: [{ Subject: "oscar", Sha256: hashToken(TOKEN), Roles: ["operator", "viewer"] }],
      },
    }),
    instance: "state-1",
    log: silent,
    clock: systemClock,
    connectBus: async () => stateBus,
  });
  await state.start();
  const reconciler: Service = createReconcilerService({
    settings: reconcilerSettings.parse({
      PORT: 0,
      HOST: "127.0.0.1",
      GitOps: {
        ResyncIntervalSeconds: RESYNC_SECONDS,
        PrepareTimeoutSeconds: 5,
        HealthCheckTimeoutSeconds: 5,
      },
    }),
    instance: "reconciler-1",
    log,
    clock: systemClock,
    telemetry,
    connectBus: async () => reconcilerBus,
    busFault: () => undefined,
    certificate: undefined,
  });
  await reconciler.start();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const gateways: FakeGateway[] = [];

  const askState: EngineUnderTest["askState"] = async (path, body) => {
    const response = await fetch(`http://127.0.0.1:${state.port()}${path}`, {
      ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  return {
    bus,
    nats,
    stateUrl: `http://127.0.0.1:${state.port()}`,
    askState,
    logs: () => lines,
    async metrics() {
      const parts: string[] = [];
      await telemetry.metrics((text) => parts.push(text));
      return parts.join("");
    },
    async healthOf(component) {
      const { body } = await askState("/health/gitops");
      return (body.components as Record<string, string>)[component];
    },
    async createEnvironment({ gateways: count = 1 } = {}) {
      const name = `env-${randomBytes(4).toString("hex")}`;
      const own = await Promise.all(
        Array.from({ length: count }, (_, number) =>
          startFakeGateway({ bus, environment: name, instance: `gateway-${number + 1}` }),
        ),
      );
      gateways.push(...own);
      return createEnvironmentUnderTest(name, own, bus, client);
    },
    async stop() {
      await reconciler.stop();
      await Promise.all(gateways.map((gateway) => gateway.stop()));
      await state.stop();
      await client.end();
      await Promise.all(buses.map((each) => each.close()));
      await nats.stop();
      await database.drop();
      await telemetry.stop();
    },
  };
}

function createEnvironmentUnderTest(
  name: string,
  gateways: FakeGateway[],
  bus: Bus,
  client: pg.Client,
): EnvironmentUnderTest {
  const newest = async (commit: string) => {
    const { rows } = await client.query<{ id: string }>(
      "select id from deployments where environment = $1 and commit_id = $2 order by sequence desc limit 1",
      [name, commit],
    );
    const [row] = rows;
    if (!row) throw new Error(`There is no deployment of commit ${commit}.`);
    return bus.call(getDeployment, { deploymentId: row.id });
  };
  return {
    name,
    gateways,
    async publishCommit(metadata, options = {}) {
      const { forced = false, dryRun = false, policy } = options;
      const id = options.id ?? randomBytes(20).toString("hex");
      const files = [
        { path: `environments/${name}/metadata.json`, content: JSON.stringify(metadata) },
        { path: `environments/${name}/datasources.json`, content: DATASOURCES },
        ...(policy ? [{ path: POLICY_FILE, content: policyOf(name, policy) }] : []),
      ];
      const text = JSON.stringify({ environment: name, files });
      const digest = await (await bus.objects("bundles")).put(text);
      const author = { name: "Ana", email: "ana@example.com" };
      await bus.publish(commitDetected, {
        environment: name,
        data: {
          commit: {
            id,
            repository: "file:///honua-config.git",
            branch: "main",
            author,
            committer: author,
            message: "feat: A change",
            committedAt: new Date().toISOString(),
          },
          previousCommit: null,
          treeHash: createHash("sha256").update(text).digest("hex"),
          bundle: { digest, bytes: text.length, files: files.length },
          changedFiles: files.map(({ path }) => path),
          historyRewritten: false,
          forced,
          dryRun,
          detectedBy: "poll",
        },
      });
      return id;
    },
    state: () => bus.call(getEnvironmentState, { environment: name }),
    newestDeploymentOf: newest,
    untilState: (commit, ...states) =>
      eventually(
        `a deployment of ${commit.slice(0, 7)} is ${states.join(" or ")}`,
        async () => {
          const deployment = await newest(commit);
          return states.includes(deployment.state) ? deployment : undefined;
        },
        45_000,
      ),
    async events() {
      const { rows } = await client.query<PublishedEvent>(
        "select type, data from outbox where environment = $1 and sent_at is not null order by id",
        [name],
      );
      return rows;
    },
  };
}

const POLICY_FILE = ".gitops/deployment-policy.yaml";

function policyOf(environment: string, lines: string): string {
  return `apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n  ${environment}: { ${lines} }\n`;
}

const DATASOURCES = JSON.stringify({
  datasources: [{ id: "places", type: "PostgreSQL", connectionString: "${DB_CONNECTION_STRING}" }],
});

/** A `metadata.json` with these layers. */
export function metadataOf(...layers: (string | { id: string; title?: string })[]): object {
  return {
    services: [
      {
        id: "gis",
        layers: layers.map((layer) => ({
          datasource: "places",
          table: "public.places",
          geometryColumn: "geom",
          geometryType: "Point",
          srid: 4326,
          ...(typeof layer === "string" ? { id: layer } : layer),
        })),
      },
    ],
  };
}
