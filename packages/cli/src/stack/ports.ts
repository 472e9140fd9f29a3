import { createServer } from "node:net";
import { CommandFailed } from "../command-error.ts";

/** The services in the order of their ports: gateway at the base, the others after it. */
export const SERVICE_PORT_OFFSETS = {
  "gis-gateway": 0,
  approvals: 1,
  state: 2,
  watcher: 3,
  reconciler: 4,
} as const;
export type ServiceName = keyof typeof SERVICE_PORT_OFFSETS;

/** The gateway's operations port, after those of the services. */
const OPERATIONS_PORT_OFFSET = 5;
export type StackPorts = Record<ServiceName | "operations", number>;

/** The ports of a local stack. @throws CommandFailed naming the ports that other programs use */
export async function stackPorts(base: number): Promise<StackPorts> {
  const offsets = { ...SERVICE_PORT_OFFSETS, operations: OPERATIONS_PORT_OFFSET };
  const ports = Object.fromEntries(
    Object.entries(offsets).map(([name, offset]) => [name, base + offset]),
  ) as StackPorts;
  const taken: number[] = [];
  for (const port of Object.values(ports)) {
    if (!(await isFree(port))) taken.push(port);
  }
  if (taken.length === 0) return ports;
  const [what, does] = taken.length === 1 ? ["Port", "is"] : ["Ports", "are"];
  throw new CommandFailed(
    `${what} ${taken.join(", ")} ${does} in use by another program. End it, or choose other ports with --port-base, such as --port-base ${base + 1_000}.`,
  );
}

/** Below the range from which the kernel takes the ports of outgoing connections. */
const FIRST_PRIVATE_PORT = 20_000;
const PRIVATE_PORTS = 12_000;

/** A port of the loopback interface that nobody uses now, and that nobody is given by chance. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = FIRST_PRIVATE_PORT + Math.floor(Math.random() * PRIVATE_PORTS);
    if (await isFree(port)) return port;
  }
  throw new CommandFailed("This machine has no free port between 20000 and 32000.");
}

/** Whether the port could be listened on for a moment. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
