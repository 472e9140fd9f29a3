import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ClientAbort } from "../../src/http/client-abort.ts";

const server = createServer();
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

/** A response in progress, and the client that waits for it. */
async function startResponse() {
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  return { client, response };
}

it("aborts the signal when the client disconnects, even if the signal is created afterwards", async () => {
  const { client, response } = await startResponse();
  const early = new ClientAbort(response).signal;
  expect(early.aborted).toBe(false);
  client.destroy();
  await once(response, "close");
  expect(early.aborted).toBe(true);
  expect(new ClientAbort(response).signal.aborted).toBe(true);
});

it("does not abort the signal when the client has received its response", async () => {
  const { client, response } = await startResponse();
  const { signal } = new ClientAbort(response);
  response.end("done");
  await once(response, "close");
  expect(signal.aborted).toBe(false);
  expect(new ClientAbort(response).signal.aborted).toBe(false);
  client.destroy();
});
