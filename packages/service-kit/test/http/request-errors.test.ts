import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createAuthority } from "@honua/testing/certificates";
import { sendRawRequest } from "@honua/testing/raw-http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpService, createLog, HttpProblem, type HttpService } from "../../src/index.ts";

const log = createLog({ service: "test", instance: "test", level: "silent" });
/** Exceptions that would end the process. Vitest also fails a run with such an exception. */
const uncaught: unknown[] = [];
const recordUncaught = (error: unknown) => void uncaught.push(error);
let service: HttpService | undefined;

type Options = Parameters<typeof createHttpService>[0];

async function start(options: Partial<Options>): Promise<number> {
  const base = { host: "127.0.0.1", port: 0, log, checks: {} };
  service = createHttpService({ ...base, ...options });
  await service.start();
  return service.port();
}

const send = (port: number, target: string, headers = "Host: test\r\n") =>
  sendRawRequest(port, `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);

/** Checks that the service still responds after a failed request. */
async function expectAlive(port: number): Promise<void> {
  await setTimeout(20);
  expect(await send(port, "/health/live")).toMatchObject({ status: 200 });
  expect(uncaught).toEqual([]);
}

beforeEach(() => {
  uncaught.length = 0;
  process.on("uncaughtException", recordUncaught).on("unhandledRejection", recordUncaught);
});
afterEach(async () => {
  process.off("uncaughtException", recordUncaught).off("unhandledRejection", recordUncaught);
  await service?.stop();
  service = undefined;
});

describe("exceptions in a request do not end the process", () => {
  it.each<[string, NonNullable<Options["direct"]>]>([
    [
      "during the lookup of a direct route",
      () => {
        throw new Error("thrown");
      },
    ],
    [
      "thrown synchronously by a direct route",
      () => () => {
        throw new Error("thrown");
      },
    ],
    ["in a direct route that rejects", () => () => Promise.reject(new Error("rejected"))],
  ])("returns 500 for an exception %s", async (_name, failing) => {
    const port = await start({
      direct: (request) => (request.url === "/fails" ? failing(request) : undefined),
    });
    const { status, headers, body } = await send(port, "/fails");
    expect(status).toBe(500);
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(JSON.parse(body)).toMatchObject({ status: 500, instance: "/fails" });
    await expectAlive(port);
  });

  it("returns 500 for exceptions of synchronous and asynchronous Express handlers", async () => {
    const port = await start({
      routes(app) {
        app.get("/sync", () => {
          throw new Error("thrown");
        });
        app.get("/async", async () => {
          await setTimeout(1);
          throw new Error("rejected");
        });
      },
    });
    expect(await send(port, "/sync")).toMatchObject({ status: 500 });
    expect(await send(port, "/async")).toMatchObject({ status: 500 });
    await expectAlive(port);
  });

  it.each(["close", "finish"])("survives an exception in a '%s' listener", async (event) => {
    const fail = () => {
      throw new Error("thrown by a listener");
    };
    const port = await start({
      direct: (request) =>
        request.url === "/direct"
          ? async (_request, response) => {
              response.once(event, fail);
              response.end("done");
            }
          : undefined,
      routes(app) {
        app.get("/express", (_request, response) => {
          response.once(event, fail).send("done");
        });
      },
    });
    await send(port, "/direct").catch(() => undefined);
    await send(port, "/express").catch(() => undefined);
    await expectAlive(port);
  });

  it("survives an 'error' event of a request or a response without a listener", async () => {
    const port = await start({
      routes(app) {
        app.get("/response", (_request, response) => void response.emit("error", new Error("x")));
        app.get("/request", (request) => void request.emit("error", new Error("x")));
        app.get("/after-end", (_request, response) => {
          response.end("done");
          response.write("more");
        });
      },
    });
    for (const path of ["/response", "/request", "/after-end"]) {
      await send(port, path).catch(() => undefined);
    }
    await expectAlive(port);
  });

  it("closes the connection if a response fails after its headers were sent", async () => {
    const port = await start({
      direct: (request) =>
        request.url === "/half"
          ? async (_request, response) => {
              response.writeHead(200, { "Content-Length": 10 });
              response.write("half");
              await setTimeout(10);
              throw new Error("too late");
            }
          : undefined,
    });
    await expect(send(port, "/half")).rejects.toThrow(/without a complete response/);
    await expectAlive(port);
  });
});

describe("the response to a failed request", () => {
  it("is problem details if HTML cannot be rendered", async () => {
    const port = await start({
      renderProblem(_problem, _request, response) {
        response.setHeader("Content-Type", "text/html");
        throw new Error("no page");
      },
    });
    const { status, headers, body } = await send(port, "/nope");
    expect(status).toBe(404);
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(JSON.parse(body)).toMatchObject({ status: 404, code: "not-found" });
    await expectAlive(port);
  });

  it("is a constant body if the problem cannot be written", async () => {
    const port = await start({
      direct: (request) =>
        request.url === "/fails"
          ? async () => {
              const headers = { "Retry-After": "1\r\nX-Injected: 1" };
              throw new HttpProblem(503, "Unavailable", "…", { headers });
            }
          : undefined,
    });
    const { status, headers, body } = await send(port, "/fails");
    expect(status).toBe(500);
    expect(headers).not.toHaveProperty("x-injected");
    expect(JSON.parse(body)).toEqual({ type: "about:blank", title: "Internal error", status: 500 });
    await expectAlive(port);
  });
});

describe("the host of a request", () => {
  const echo: Partial<Options> = {
    routes: (app) => {
      app.use((request, response) => {
        response.json({ host: request.headers.host, url: request.url });
      });
    },
  };

  it.each(["_", 'x"><script>', "a b", "user@host", "host:99999", ""])(
    "returns 400 for 'Host: %s'",
    async (host) => {
      const port = await start({ direct: () => undefined });
      const { status, body } = await send(port, "/health/live", `Host: ${host}\r\n`);
      expect(status).toBe(400);
      expect(JSON.parse(body)).toMatchObject({ code: "invalid-host" });
      await expectAlive(port);
    },
  );

  it("returns 400 for two Host headers", async () => {
    const port = await start({});
    const valid = await send(port, "/health/live", "Host: a\r\n");
    expect(valid.status).toBe(200);
    const { status, body } = await send(port, "/health/live", "Host: a\r\nhost: b\r\n");
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: "invalid-host" });
  });

  it("returns 400 for an HTTP/1.1 request without a Host header", async () => {
    const port = await start({});
    expect(await send(port, "/health/live", "")).toMatchObject({ status: 400 });
  });

  it("is the local address for an HTTP/1.0 request without a Host header", async () => {
    const port = await start(echo);
    const { status, body } = await sendRawRequest(port, "GET /x HTTP/1.0\r\n\r\n");
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ host: `127.0.0.1:${port}`, url: "/x" });
  });

  it("comes from the request target if the target is a URL", async () => {
    const port = await start(echo);
    const { body } = await send(port, "http://gis.example.com?f=json", "Host: other\r\n");
    expect(JSON.parse(body)).toEqual({ host: "gis.example.com", url: "/?f=json" });
    expect(await send(port, "http://_/x")).toMatchObject({ status: 400 });
    expect(await send(port, "ftp://gis.example.com/x")).toMatchObject({ status: 400 });
  });
});

describe("the target of a request", () => {
  it.each(["/%F6", "/?name=%F6", "/%", "/?a=%zz", "/%ED%A0%80", "http://test/%F6"])(
    "returns 400 for %j",
    async (target) => {
      const port = await start({});
      const { status, body } = await send(port, target);
      expect(status).toBe(400);
      expect(JSON.parse(body)).toMatchObject({ status: 400, code: "invalid-url" });
      await expectAlive(port);
    },
  );
});

it.each([
  ["GET /\u00f6 HTTP/1.1\r\nHost: test\r\n\r\n", 400],
  ["GET / HTTP/9.9\r\n\r\n", 400],
  ["\u0000\u0001\r\n\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: test\r\nBad Header: x\r\n\r\n", 400],
  [`GET / HTTP/1.1\r\nHost: test\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
  ["CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", 405],
])("returns problem details for the malformed request %#", async (request, expected) => {
  const port = await start({});
  const { status, headers, body } = await sendRawRequest(port, request);
  expect(status).toBe(expected);
  expect(headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(body)).toMatchObject({ status: expected });
  await expectAlive(port);
});

it("survives connections that cannot be accepted", async () => {
  let server: Server | undefined;
  const channel = "tracing:net.server.listen:asyncStart";
  const captureServer = (message: unknown) => {
    server = (message as { server: Server }).server;
  };
  subscribe(channel, captureServer);
  const port = await start({});
  unsubscribe(channel, captureServer);
  for (let times = 0; times < 3; times += 1) server?.emit("error", new Error("accept EMFILE"));
  expect(server?.listening).toBe(true);
  await expectAlive(port);
});

it("survives plain-text bytes on an HTTPS port", async () => {
  const directory = await mkdtemp(join(tmpdir(), "honua-tls-"));
  const { issue } = await createAuthority(directory);
  const { certFile, keyFile } = await issue("server");
  const certificate = { cert: await readFile(certFile), key: await readFile(keyFile) };
  const port = await start({ certificate });
  for (let times = 0; times < 3; times += 1) {
    await expect(send(port, "/health/live")).rejects.toThrow();
  }
  await setTimeout(20);
  expect(uncaught).toEqual([]);
  await rm(directory, { recursive: true });
});
