import { createServer } from "node:net";
import { CommandError } from "../command-error.ts";

/** Offset of each service from the base port. */
export const SERVICE_PORT_OFFSETS = {
  "gis-gateway": 0,
  approvals: 1,
  state: 2,
  watcher: 3,
  reconciler: 4,
} as const;
export type ServiceName = keyof typeof SERVICE_PORT_OFFSETS;

/** Offset of the gateway's operations port from the base port. */
const OPERATIONS_PORT_OFFSET = 5;
export type StackPorts = Record<ServiceName | "operations", number>;

/**
 * Returns the ports of a local stack.
 *
 * @throws CommandError with the ports that are in use by other programs
 */
export async function stackPorts(base: number): Promise<StackPorts> {
  const offsets = { ...SERVICE_PORT_OFFSETS, operations: OPERATIONS_PORT_OFFSET };
  const ports = Object.fromEntries(
    Object.entries(offsets).map(([name, offset]) => [name, base + offset]),
  ) as StackPorts;
  const usedPorts: number[] = [];
  for (const port of Object.values(ports)) {
    if (!(await isFree(port))) usedPorts.push(port);
  }
  if (usedPorts.length === 0) return ports;
  const [noun, verb] = usedPorts.length === 1 ? ["Port", "is"] : ["Ports", "are"];
  throw new CommandError(
    `${noun} ${usedPorts.join(", ")} ${verb} in use by another program. Stop it, or choose other ports with --port-base, such as --port-base ${base + 1_000}.`,
  );
}

/**
 * Range for the ports of the bus and the databases. It is below the ephemeral ports, which the kernel
 * may assign to outgoing connections at any time.
 */
const FIRST_INTERNAL_PORT = 20_000;
const INTERNAL_PORT_COUNT = 12_000;
const MAX_ATTEMPTS = 1_000;

/**
 * Finds a free port of the loopback interface.
 *
 * @throws CommandError when no free port was found
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const port = FIRST_INTERNAL_PORT + Math.floor(Math.random() * INTERNAL_PORT_COUNT);
    if (await isFree(port)) return port;
  }
  throw new CommandError("No free port was found between 20000 and 32000.");
}

/** Tests a port by listening on it briefly. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
