import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { PGLiteSocketHandler, type PGLiteSocketHandlerOptions } from "@electric-sql/pglite-socket";
import { createSessionQueue, type Session } from "./session-scheduler.ts";

export interface PgliteListener {
  port: number;
  close(): Promise<void>;
}

/**
 * Accepts PostgreSQL clients on the loopback interface for one PGlite.
 *
 * @param options.port 0 for any free port
 * @param options.maxConnections clients beyond it are refused
 */
export async function listenForClients(
  session: Session,
  options: { port: number; maxConnections: number },
): Promise<PgliteListener> {
  const queue = createSessionQueue(session);
  const clients = new Set<PGLiteSocketHandler>();
  const server = createServer((socket) => {
    const client = new PGLiteSocketHandler({
      // The library types its own queue class, of which it calls just these three methods.
      queryQueue: queue as unknown as PGLiteSocketHandlerOptions["queryQueue"],
      closeOnDetach: true,
    });
    clients.add(client);
    client.addEventListener("close", () => clients.delete(client));
    client.addEventListener("error", () => clients.delete(client));
    void client.attach(socket);
  });
  server.maxConnections = options.maxConnections;
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, "close");
      server.close();
      await Promise.all([...clients].map((client) => client.detach(true)));
      await closed;
    },
  };
}
