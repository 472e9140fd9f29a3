import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that the server received. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
  json: Record<string, unknown>;
}

export interface LoopbackServer {
  url: string;
  received: Received[];
  /** The response to the next requests; undefined: 200. */
  respond: (request: Received) => { status: number; body?: string; delayMs?: number } | undefined;
  stop(): Promise<void>;
}

/** Starts an HTTP server on loopback that records its requests. */
export async function startLoopbackServer(): Promise<LoopbackServer> {
  const loopback: LoopbackServer = {
    url: "",
    received: [],
    respond: () => undefined,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const server: Server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const received: Received = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      text,
      json: JSON.parse(text || "{}") as Record<string, unknown>,
    };
    loopback.received.push(received);
    const { status, body = "", delayMs = 0 } = loopback.respond(received) ?? { status: 200 };
    setTimeout(() => {
      response.statusCode = status;
      response.end(body);
    }, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  loopback.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return loopback;
}
