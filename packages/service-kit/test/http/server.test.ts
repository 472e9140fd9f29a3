import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { createHttpService, createLog } from "../../src/index.ts";

it("closes the connection of a client that stops reading", async () => {
  const ended = Promise.withResolvers<boolean>();
  const service = createHttpService({
    host: "127.0.0.1",
    port: 0,
    stalledAfterMs: 200,
    log: createLog({ service: "test", instance: "test", level: "silent" }),
    checks: {},
    direct: () => async (_request, response) => {
      response.once("close", () => ended.resolve(response.writableFinished));
      // More than the socket buffers of both ends can store.
      response.end(Buffer.alloc(64 * 1024 * 1024));
    },
  });
  await service.start();
  const client = connect(service.port(), "127.0.0.1");
  client.on("error", () => undefined);
  await once(client, "connect");
  client.pause();
  client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  expect(await ended.promise).toBe(false);
  client.destroy();
  await service.stop();
});
