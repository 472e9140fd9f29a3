import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { bufferPool, Lease } from "@honua/pg-raw";
import { eventually } from "@honua/testing/eventually";
import fc from "fast-check";
import { expect, it, onTestFinished, vi } from "vitest";
import { ClientAbort } from "../../src/http/client-abort.ts";
import { joinParts, sendResponse } from "../../src/http/http-response.ts";
import { ResponseHeaders } from "../../src/http/response-headers.ts";

/** More bytes than the socket buffers of a client that does not read can hold. */
const LONG = 3_900_000;

it("concatenates parts without leftovers of the reused memory", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\ud800", "x\udfff", ""),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const lease = joinParts(...parts);
      const expected = Buffer.concat(parts.map((each) => Buffer.from(each as string)));
      expect(lease.value.equals(expected)).toBe(true);
      lease.value.fill(0xff);
      lease.release();
    }),
  );
});

/** A request of a client that has not read its response yet. */
async function openRequest(headers: Record<string, string> = {}) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields.join("")}\r\n`);
  const [request, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  return {
    client,
    request,
    response,
    responseHeaders: new ResponseHeaders(),
    clientAbort: new ClientAbort(response),
  };
}

/** A response of some bytes, and the calls that release its memory. */
function leasedResponse(bytes: number) {
  const release = vi.fn();
  const body = Buffer.alloc(bytes, "a");
  const lease = new Lease(body, { release });
  const response = { type: "text/plain", body, lease, tag: 'W/"1"', cacheControl: "no-cache" };
  return { response, release };
}

it("keeps the memory of a long response until its client has read it, and releases it then", async () => {
  const { client, ...context } = await openRequest();
  const lease = joinParts(Buffer.alloc(LONG, "a"));
  const memory = lease.value.buffer;
  const response = { ...leasedResponse(0).response, body: lease.value, lease };
  await sendResponse(context, response);
  expect(context.response.writableFinished).toBe(false);
  const other = bufferPool.acquire(LONG);
  other.value.fill("b");
  const [read] = await Promise.all([buffer(client), once(context.response, "close")]);
  expect(read.subarray(-LONG).equals(Buffer.alloc(LONG, "a"))).toBe(true);
  expect(bufferPool.acquire(LONG).value.buffer).toBe(memory);
  expect(other.value.buffer).not.toBe(memory);
});

it.each([
  ["a short response", 1_000, {}],
  ["a response that the client already has", 100_000, { "If-None-Match": 'W/"1"' }],
  ["a compressed response", 100_000, { "Accept-Encoding": "gzip" }],
])("releases the memory of %s as soon as it is sent", async (_kind, bytes, headers) => {
  const { client, ...context } = await openRequest(headers);
  const { response, release } = leasedResponse(bytes);
  await sendResponse(context, response);
  expect(release).toHaveBeenCalled();
  await buffer(client);
});

it.each([
  ["a response that is sent at once", false],
  ["a response that is sent at the pace of its client", true],
])("releases the memory of %s when its client disconnects", async (_kind, isPaced) => {
  const { client, clientAbort, ...context } = await openRequest();
  const { response, release } = leasedResponse(10 * LONG);
  const pace = isPaced ? { clientAbort, stallTimeoutMs: 60_000 } : {};
  const sent = sendResponse({ ...context, ...pace }, response);
  await setImmediate();
  expect(release).not.toHaveBeenCalled();
  client.destroy();
  await once(context.response, "close");
  await sent;
  await eventually("the memory is released", () => Promise.resolve(release.mock.calls.length > 0));
});

it("releases the memory of a response that cannot be sent", async () => {
  const { client: _, ...context } = await openRequest();
  const { response, release } = leasedResponse(1_000);
  context.response.writeHead(204).end();
  await expect(sendResponse(context, response)).rejects.toThrow("headers");
  expect(release).toHaveBeenCalled();
});
