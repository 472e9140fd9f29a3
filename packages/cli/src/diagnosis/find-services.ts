import { join } from "node:path";
import { CommandError } from "../command-error.ts";
import { findToken } from "../connection/find-connection.ts";
import { findStackHome, readStackFile } from "../stack/stack-file.ts";

/** The services to check. */
export interface Services {
  /** URLs by the name of the service. `operations` is the operations port of the gateway. */
  urls: Record<string, string>;
  /** Access token; undefined if none was configured. */
  token: string | undefined;
  /** Returns a hint where to find the log of a service. */
  logHint: (service: string) => string;
}

/** Variables with the URLs of the services, for systems other than the local stack. */
export const SERVICE_URL_VARIABLES = {
  gateway: "HONUA_GATEWAY_URL",
  operations: "HONUA_GATEWAY_OPERATIONS_URL",
  approvals: "HONUA_APPROVALS_URL",
  state: "HONUA_STATE_URL",
  watcher: "HONUA_WATCHER_URL",
  reconciler: "HONUA_RECONCILER_URL",
} as const;

/**
 * Finds the services in the `HONUA_*_URL` variables, or else in the local stack.
 *
 * @param homeOption home of the local stack; by default it is searched for
 * @throws CommandError when neither exists
 */
export async function findServices(
  context: { environment: Readonly<Record<string, string | undefined>>; directory: string },
  homeOption: string | undefined,
): Promise<Services> {
  const { environment, directory } = context;
  const urls = Object.fromEntries(
    Object.entries(SERVICE_URL_VARIABLES).flatMap(([service, variable]) => {
      const url = environment[variable]?.replace(/\/+$/, "");
      return url ? [[service, url]] : [];
    }),
  );
  const token = await findToken(environment);
  if (Object.keys(urls).length > 0) return { urls, token, logHint: composeLogHint };
  const home = homeOption ?? environment.HONUA_HOME ?? findStackHome(directory);
  const stack = home ? await readStackFile(home) : undefined;
  if (home && stack) {
    const logHint = (service: string) =>
      `see its log ${join(home, "logs", `${folderOf(service)}.log`)}`;
    return { urls: stack.urls, token: token ?? stack.token, logHint };
  }
  const variables = Object.values(SERVICE_URL_VARIABLES).join(", ");
  throw new CommandError(
    `No local stack is running here. Start one with 'honua up', or set ${variables}.`,
  );
}

/** Name of the service at a URL. The gateway has two: its public port and its operations port. */
export function serviceName(key: string): string {
  return key === "operations" ? "gateway" : key;
}

function composeLogHint(service: string): string {
  return `see its log, for example with: docker compose logs ${folderOf(service)}`;
}

/** Name of a service's folder, container and log file. */
function folderOf(service: string): string {
  return serviceName(service) === "gateway" ? "gis-gateway" : service;
}
