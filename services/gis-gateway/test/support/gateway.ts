import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, connectBus, createLog, type Log, systemClock } from "@honua/service-kit";
import type { RequestLimits } from "../../src/http/request-limits.ts";
import { trustedProxies } from "../../src/http/trusted-proxies.ts";
import { createReleaseCopy } from "../../src/lifecycle/release-copy.ts";
import type { ReleaseDocument } from "../../src/release/release-document.ts";
import { createGatewayService, type GatewayDeps } from "../../src/service.ts";

export const silent: Log = createLog({ service: "test", instance: "test", level: "silent" });

export interface TestGateway {
  url: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  json(path: string): Promise<{ status: number; headers: Headers; body: Json }>;
  /** Requests to the operations port. */
  operations: {
    url: string;
    get(path: string): Promise<Response>;
    json(path: string): Promise<{ status: number; headers: Headers; body: Json }>;
  };
  stop(): Promise<void>;
}

/** A JSON body. Tests check its members. */
// biome-ignore lint/suspicious/noExplicitAny: tests check the members of bodies
export type Json = any;

export const LIMITS: RequestLimits = {
  urlLength: 12_000,
  filterLength: 8_000,
  streams: 100,
  minTileZoom: 0,
  responseTimeoutSeconds: 60,
  stallTimeoutSeconds: 30,
  resultBytes: 256 * 1024 * 1024,
  client: {
    requestsInFlight: 512,
    openCursors: 4,
    rows: { perSecond: 100_000, burst: 5_000_000 },
    bytes: { perSecond: 50e6, burst: 4e9 },
    statementSeconds: { perSecond: 4, burst: 600 },
    isUnmetered: () => true,
  },
};

/** Starts a gateway service with secrets from a map, and without a bus by default. */
export async function startGateway(
  options: Partial<Omit<GatewayDeps, "limits">> & {
    limits?: Partial<RequestLimits>;
    variables?: Record<string, string>;
    directory: string;
  },
): Promise<TestGateway> {
  const { variables = {}, limits, ...over } = options;
  const service = createGatewayService({
    environment: "test",
    instance: "gateway-1",
    host: "127.0.0.1",
    port: 0,
    operations: { host: "127.0.0.1", port: 0 },
    isTrustedProxy: trustedProxies([]),
    forwardedHeader: "x-forwarded",
    limits: { ...LIMITS, ...limits },
    collectionCheckSeconds: 30,
    cacheSeconds: 0,
    secrets: {
      variable: (name) => variables[name],
      file: async () => {
        throw new Error("This test has no secret files.");
      },
    },
    connectBus: () => new Promise<Bus>(() => {}),
    clock: systemClock,
    log: silent,
    ...over,
  });
  await service.start();
  const url = `http://127.0.0.1:${service.port()}`;
  const get = (path: string, headers?: Record<string, string>) =>
    fetch(new URL(path, url), headers ? { headers } : {});
  const operationsUrl = `http://127.0.0.1:${service.operationsPort()}`;
  const getOperations = (path: string) => fetch(new URL(path, operationsUrl));
  return {
    url,
    get,
    json: async (path) => readJson(await get(path)),
    operations: {
      url: operationsUrl,
      get: getOperations,
      json: async (path) => readJson(await getOperations(path)),
    },
    stop: () => service.stop(),
  };
}

async function readJson(response: Response) {
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Starts a gateway that serves the release immediately, as after a restart. */
export async function serveRelease(
  document: ReleaseDocument,
  variables: Record<string, string>,
  over: Omit<Parameters<typeof startGateway>[0], "directory"> = {},
): Promise<TestGateway> {
  const directory = await temporaryDirectory();
  await createReleaseCopy(directory.path, "test", silent).save(document);
  const gateway = await startGateway({ ...over, directory: directory.path, variables });
  return {
    ...gateway,
    async stop() {
      await gateway.stop();
      await directory.remove();
    },
  };
}

export async function temporaryDirectory(): Promise<{
  path: string;
  remove: () => Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), "honua-gateway-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Connects a test to the bus, for example in the role of the reconciler. */
export function connectTestBus(url: string, instance: string): Promise<Bus> {
  return connectBus({ url, service: "test", instance, log: silent, onClosed: () => {} });
}
