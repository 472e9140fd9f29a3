import { createServer } from "node:http";

/**
 * The upper limit of Node's HTTP server: it responds to `/<bytes>` with that many bytes.
 *
 *   node bench/gateway/minimal-server.ts PORT
 */
const bodies = new Map<number, Buffer>();

createServer((request, response) => {
  const length = Number(request.url?.slice(1));
  const body = bodies.get(length) ?? Buffer.alloc(length, "x");
  bodies.set(length, body);
  response.setHeader("Content-Type", "application/geo+json");
  response.setHeader("Content-Length", length);
  response.end(body);
}).listen(Number(process.argv[2]), "127.0.0.1");
