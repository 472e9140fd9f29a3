import { readFile } from "node:fs/promises";
import { BUS_ADMINISTRATOR } from "@honua/contracts";
import { connectBus, createLog } from "@honua/service-kit";

const CONNECT_TIMEOUT_MS = 30_000;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Connects as the bus administrator, which creates the missing streams, buckets and object stores.
 * It is safe to repeat.
 */
export async function setUpBus(url: string, environment: Variables): Promise<void> {
  const file = environment.NATS_PASSWORD_FILE;
  const pass = environment.NATS_PASSWORD ?? (file ? await readFile(file, "utf8") : undefined);
  const bus = await connectBus({
    url,
    tls: tlsFiles(environment),
    credentials: pass === undefined ? undefined : { user: BUS_ADMINISTRATOR, pass: pass.trim() },
    service: BUS_ADMINISTRATOR,
    instance: "setup",
    log: createLog({ service: "honua", instance: "setup", level: "silent", pretty: false }),
    connectWithinMs: CONNECT_TIMEOUT_MS,
    onClosed: () => {},
  });
  await bus.close();
}

/** Reads the same TLS variables as the services. */
function tlsFiles({
  NATS_CA_FILE: caFile,
  NATS_CERT_FILE: certFile,
  NATS_KEY_FILE: keyFile,
}: Variables) {
  if (!caFile) return undefined;
  return { caFile, ...(certFile ? { certFile } : {}), ...(keyFile ? { keyFile } : {}) };
}
