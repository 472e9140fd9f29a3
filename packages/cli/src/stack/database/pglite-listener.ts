import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { PGLiteSocketHandler, type PGLiteSocketHandlerOptions } from "@electric-sql/pglite-socket";
import { type Session, SessionScheduler } from "./session-scheduler.ts";

export interface PgliteListener {
  port: number;
  close(): Promise<void>;
}

/**
 * Accepts PostgreSQL clients of one PGlite on the loopback interface.
 *
 * @param options.port 0 for any free port
 * @param options.maxConnections further connections are refused
 */
export async function listenForClients(
  session: Session,
  options: { port: number; maxConnections: number },
): Promise<PgliteListener> {
  const scheduler = new SessionScheduler(session);
  const clients = new Set<PGLiteSocketHandler>();
  const server = createServer((socket) => {
    const client = new PGLiteSocketHandler({
      // The option has the type of the library's queue class, but only these three methods are used.
      queryQueue: scheduler as unknown as PGLiteSocketHandlerOptions["queryQueue"],
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
