import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { type ServiceProcess, startServiceProcess } from "@honua/testing/service-process";
import { createReleaseCopy } from "../../services/gis-gateway/src/lifecycle/release-copy.ts";
import type { ReleaseDocument } from "../../services/gis-gateway/src/release/release-document.ts";
import { silent } from "../../services/gis-gateway/test/support/gateway.ts";

/** A gateway in a process of its own, which can end. */
export interface GatewayProcess {
  url: string;
  /** True while the process that was started runs. */
  isRunning(): boolean;
  log(): string;
  stop(): Promise<void>;
}

/** Starts a gateway that serves a release from its first moment. */
export async function startGatewayProcess(
  document: ReleaseDocument,
  settings: Readonly<Record<string, string>>,
): Promise<GatewayProcess> {
  const home = await mkdtemp(join(tmpdir(), "honua-gateway-"));
  const port = await freePort();
  await createReleaseCopy(`${home}/gateway/test`, "test", silent).save(document);
  const gateway: ServiceProcess = startServiceProcess("gis-gateway", {
    HONUA_HOME: home,
    PORT: String(port),
    NATS_URL: "nats://127.0.0.1:1",
    GitOps__Watcher__Environment: "test",
    ...settings,
  });
  let isRunning = true;
  void gateway.ended.then(() => {
    isRunning = false;
  });
  const url = `http://127.0.0.1:${port}`;
  const serves = async () => (await fetch(`${url}/ogc`).catch(() => undefined))?.status === 200;
  await eventually("the gateway serves", serves, 60_000);
  return {
    url,
    isRunning: () => isRunning,
    log: gateway.log,
    async stop() {
      await gateway.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
