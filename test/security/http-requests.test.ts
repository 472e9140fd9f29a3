import { connect } from "node:net";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { type RawResponse, sendRawRequest } from "@honua/testing/raw-http";
import { type ServiceProcess, startServiceProcess } from "@honua/testing/service-process";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FuzzedRequest, fuzzedRequest, requestText } from "./http-requests.ts";

/**
 * Sends requests that try to crash or block the processes of a running system. Set
 * `HONUA_FUZZ_SECONDS` for a longer run, and `HONUA_FUZZ_SEED` to repeat a run.
 */
const SECONDS = Number(process.env.HONUA_FUZZ_SECONDS ?? 20);
const SEED = Number(process.env.HONUA_FUZZ_SEED ?? Date.now() % 2 ** 31);
/** Concurrent requests; few, because other tests run at the same time. */
const AT_ONCE = 8;

const COMMON = ["/", "/health/live", "/health/ready", "/health/gitops", "/metrics", "/nope"];
const API = "/api/gitops";
const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "X"];

interface Target {
  name: string;
  port: number;
  requests: fc.Arbitrary<FuzzedRequest>;
}

let stack: LocalStack;
const proxied: ServiceProcess[] = [];
let ended: string | undefined;
let targets: Target[] = [];
let pids: Record<string, number[]> = {};

beforeAll(async () => {
  stack = await startLocalStack();
  const { urls, token, natsUrl, gisDatabaseUrl, pids: started } = await stack.description();
  pids = started;
  const collectionList = await (await fetch(`${urls.gateway}/ogc/collections`)).json();
  const collections = (collectionList as { collections: { id: string }[] }).collections.map(
    ({ id }) => id,
  );
  const { liveDeployment } = (await stack.state()) as { liveDeployment?: { id?: string } };
  const id = liveDeployment?.id ?? "none";

  const ogc = ["/ogc", "/ogc/api", "/ogc/conformance", "/ogc/collections", "/ogc/tiles"];
  for (const name of collections.slice(0, 2)) {
    const below = ["", "/items", "/items/1", "/schema", "/queryables", "/tiles"];
    ogc.push(...below.map((path) => `/ogc/collections/${name}${path}`));
    ogc.push(`/ogc/collections/${name}/tiles/WebMercatorQuad/0/0/0`);
  }
  // The event stream is left out because it does not end. Requests that change an environment name one
  // that does not exist.
  const environment = `${API}/environments/production`;
  const paths: Record<keyof typeof urls, string[]> = {
    gateway: ogc,
    operations: ["/health/gitops"],
    state: [
      "/api/openapi.json",
      `${API}/environments`,
      environment,
      ...["release", "deployments", "dry-runs"].map((path) => `${environment}/${path}`),
      ...["sync", "pause", "resume", "rollback"].map((path) => `${API}/environments/none/${path}`),
      ...[id, `${id}/plan`].map((path) => `${API}/deployments/${path}`),
      ...["audit", "audit/chain", "backup", "dry-runs/x"].map((path) => `${API}/${path}`),
    ],
    approvals: [
      "/api/openapi.json",
      ...["pending", id, "none", "none/approve", "none/reject"].map(
        (path) => `${API}/approvals/${path}`,
      ),
    ],
    watcher: ["/health/sources", `${API}/webhook/github`],
    reconciler: ["/health"],
  };
  targets = Object.entries(urls).map(([name, url]) => ({
    name,
    port: Number(new URL(url).port),
    requests: fuzzedRequest({
      paths: [...COMMON, ...paths[name as keyof typeof urls]],
      methods: METHODS,
      token,
    }),
  }));

  // Gateways that read forwarding headers and serve the release of the stack.
  for (const header of ["x-forwarded", "forwarded"]) {
    const port = await freePort();
    const gateway = startServiceProcess("gis-gateway", {
      PORT: String(port),
      NATS_URL: natsUrl,
      HONUA_INSTANCE: `fuzzed-${header}`,
      HONUA_HOME: `${stack.home}/${header}`,
      DB_CONNECTION_STRING: gisDatabaseUrl,
      GitOps__Watcher__Environment: "production",
      GitOps__TrustedProxies: "127.0.0.1",
      GitOps__ForwardedHeader: header,
    });
    void gateway.ended.then(() => {
      ended ??= gateway.log();
    });
    proxied.push(gateway);
    await eventually(`the gateway behind ${header} serves a release`, async () => {
      return (await fetch(`http://127.0.0.1:${port}/ogc`)).ok;
    });
    const requests = fuzzedRequest({ paths: [...COMMON, ...ogc], methods: METHODS, token });
    targets.push({ name: `gateway behind ${header}`, port, requests });
  }
}, 240_000);

afterAll(async () => {
  await Promise.all(proxied.map((gateway) => gateway.stop()));
  await stack?.remove();
});

/** Fails if a process has ended or was restarted. */
function expectSameProcesses(): void {
  for (const [name, numbers] of Object.entries(pids)) {
    for (const pid of numbers) {
      expect(() => process.kill(pid, 0), `${name} (${pid}) runs`).not.toThrow();
    }
  }
  expect(ended, "a gateway ended").toBeUndefined();
}

function expectWellFormed(request: FuzzedRequest, { status, headers, body }: RawResponse): void {
  expect(status).toBeGreaterThanOrEqual(200);
  if (status !== 501 && status !== 503) expect(status, body).toBeLessThan(500);
  // A service may be unavailable; an error that it does not know is a fault.
  expect(body).not.toContain("urn:honua:problem:unexpected");
  const type = headers["content-type"] ?? "";
  if (request.method === "HEAD" || body === "" || headers["content-encoding"]) return;
  if (/^application\/problem\+json/.test(type)) expect(JSON.parse(body)).toMatchObject({ status });
  else if (/^application\/(?:[\w.]+\+)?json/.test(type)) JSON.parse(body);
  else if (type.startsWith("text/html")) expect(body).toMatch(/<\/html>\s*$|^<p>|^<!DOCTYPE/i);
  else expect(status, `${type}: ${body.slice(0, 200)}`).toBeLessThan(400);
}

async function tryRequest(to: Target | undefined, request: FuzzedRequest): Promise<void> {
  const { name, port } = to ?? expect.unreachable("the target of a request");
  const text = requestText(request);
  try {
    const isHead = request.method === "HEAD";
    expectWellFormed(request, await sendRawRequest(port, text, { isHead }));
    expectSameProcesses();
  } catch (cause) {
    throw new Error(`${name}: ${JSON.stringify(text)}`, { cause });
  }
}

describe("every process keeps running and returns well-formed responses", () => {
  it(`to random requests for ${SECONDS} s`, { timeout: (SECONDS + 180) * 1_000 }, async () => {
    const requests = fc
      .tuple(...targets.map(({ requests: one }, to) => one.map((request) => ({ to, request }))))
      .chain((each) => fc.shuffledSubarray(each, { minLength: Math.min(AT_ONCE, each.length) }));
    let sent = 0;
    const property = fc.asyncProperty(requests, async (batch) => {
      await Promise.all(batch.map(({ to, request }) => tryRequest(targets[to], request)));
      sent += batch.length;
    });
    await fc.assert(property, {
      seed: SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: SECONDS * 1_000,
      markInterruptAsFailure: false,
      // Smaller requests would be sent to a process that has already ended.
      endOnFailure: true,
    });
    expect(sent).toBeGreaterThan(SECONDS);
  });

  it("to invalid HTTP, and to clients that disconnect during a request", async () => {
    const bytes = fc
      .tuple(
        fc.constantFrom(
          "",
          "GET / HTTP/1.1\r\n",
          "POST /api/gitops/backup HTTP/1.1\r\nHost: a\r\n",
        ),
        fc.constantFrom(
          "",
          "Transfer-Encoding: chunked\r\n\r\n",
          "Content-Length: 99\r\n\r\n",
          "\r\n",
        ),
        fc.uint8Array({ maxLength: 200 }),
      )
      .map(([line, header, rest]) => Buffer.concat([Buffer.from(line + header), rest]));
    const property = fc.asyncProperty(bytes, async (sent) => {
      await Promise.all(targets.map(({ port }) => sendAndDisconnect(port, sent)));
      expectSameProcesses();
    });
    await fc.assert(property, { seed: SEED, numRuns: 40, endOnFailure: true });
  });

  it("to clients that abandon a page, a stream or an upload", async () => {
    const { token } = await stack.description();
    const headers = `Host: a\r\nAuthorization: Bearer ${token}\r\n`;
    const upload = `${headers}Content-Length: 1000\r\n\r\n{"`;
    const requests = [
      `GET ${API}/events HTTP/1.1\r\n${headers}\r\n`,
      `GET ${API}/audit/chain HTTP/1.1\r\n${headers}\r\n`,
      `GET ${API}/backup HTTP/1.1\r\n${headers}\r\n`,
      `POST ${API}/backup HTTP/1.1\r\n${upload}`,
      `POST ${API}/environments/none/sync HTTP/1.1\r\n${upload}`,
      `POST ${API}/approvals/none/approve HTTP/1.1\r\n${upload}`,
      `POST ${API}/webhook/github HTTP/1.1\r\n${upload}`,
      "GET /ogc/tiles/WebMercatorQuad/0/0/0 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /ogc/collections/cities/items?f=csv&limit=10000 HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for (const request of requests) {
      const sent = Buffer.from(request);
      await Promise.all(targets.map(({ port }) => sendAndDisconnect(port, sent)));
      expectSameProcesses();
    }
  });

  it("after all of these requests", async () => {
    for (const { port, name } of targets) {
      const live = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      expect((await sendRawRequest(port, live)).status, name).toBe(200);
    }
    const { pids: now } = await stack.description();
    expect(now).toEqual(pids);
  });
});

/** Sends bytes and resets the connection shortly afterwards. */
function sendAndDisconnect(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 30));
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
  });
}
