import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { slabs } from "@honua/pg-raw";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { joined, sendResponse } from "../../src/http/http-response.ts";
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
      const body = joined(...parts);
      expect(body).toEqual(Buffer.concat(parts.map((each) => Buffer.from(each as string))));
      slabs.giveBack(body.fill(0xff));
    }),
  );
});

it("keeps the memory of a long answer until its client has read it, and gives it back then", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const [request, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  const body = joined(Buffer.alloc(LONG, "a"));
  const answer = { type: "text/plain", body, isLent: true, tag: 'W/"1"', cacheControl: "no-cache" };
  await sendResponse({ request, response, responseHeaders: new ResponseHeaders() }, answer);
  expect(response.writableFinished).toBe(false);
  const other = slabs.take(LONG).fill("b");
  const [read] = await Promise.all([buffer(client), once(response, "finish")]);
  expect(read.subarray(-LONG).equals(Buffer.alloc(LONG, "a"))).toBe(true);
  expect(slabs.take(LONG).buffer).toBe(body.buffer);
  expect(other.buffer).not.toBe(body.buffer);
});
