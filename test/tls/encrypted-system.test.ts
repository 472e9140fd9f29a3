import { SERVICE_NAMES, type ServiceName } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { startNats } from "@honua/testing/nats";
import { type ServiceProcess, startServiceProcess } from "@honua/testing/service-process";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type EncryptedInfrastructure,
  startEncryptedInfrastructure,
} from "./encrypted-infrastructure.ts";

const ITEMS = "/ogc/collections/places/items";

/** Every service runs as a process, and every connection is encrypted. */
describe("a system with TLS on every connection", () => {
  let infrastructure: EncryptedInfrastructure;
  const services: ServiceProcess[] = [];
  const additional: ServiceProcess[] = [];

  beforeAll(async () => {
    infrastructure = await startEncryptedInfrastructure();
    const setup = await infrastructure.runHonua(["bus", "setup"]);
    expect(setup).toMatchObject({ code: 0 });
    for (const name of SERVICE_NAMES) {
      services.push(startServiceProcess(name, infrastructure.settingsOf(name)));
    }
    await eventually(
      "the layer is served",
      async () =>
        (await infrastructure.get(infrastructure.urls["gis-gateway"] + ITEMS)).status === 200,
      60_000,
    );
  });
  afterEach(() => Promise.all(additional.splice(0).map((service) => service.stop())));
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await infrastructure?.stop();
  });

  /** Starts a second process of a service with changed settings. */
  async function startAnother(name: ServiceName, settings: Record<string, string | undefined>) {
    const port = await freePort();
    const all = { ...infrastructure.settingsOf(name), PORT: String(port), ...settings };
    const service = startServiceProcess(name, all);
    additional.push(service);
    return { ...service, url: `https://localhost:${port}` };
  }

  it("deploys and verifies a commit, and is healthy", async () => {
    const doctor = await infrastructure.runHonua(["doctor"]);
    expect(doctor).toMatchObject({ code: 0 });
    const status = await infrastructure.runHonua(["status"]);
    expect(status.output).toMatch(/production\s+Healthy\s+Synced/);
  });

  it("has https links in the responses of the gateway", async () => {
    const { body } = await infrastructure.get(infrastructure.urls["gis-gateway"] + ITEMS);
    const { links } = JSON.parse(body) as { links: { href: string }[] };
    const roots = new Set(links.map(({ href }) => new URL(href).origin));
    expect([...roots]).toEqual([infrastructure.urls["gis-gateway"]]);
  });

  it.each(SERVICE_NAMES)("%s accepts only https", async (name) => {
    expect((await infrastructure.get(`${infrastructure.urls[name]}/health/ready`)).status).toBe(
      200,
    );
    await expect(
      fetch(`${infrastructure.urls[name].replace("https", "http")}/health/live`),
    ).rejects.toThrow("fetch failed");
  });

  it("accepts only https on the operations port of the gateway", async () => {
    expect((await infrastructure.get(`${infrastructure.operationsUrl}/metrics`)).status).toBe(200);
    await expect(
      fetch(`${infrastructure.operationsUrl.replace("https", "http")}/health/live`),
    ).rejects.toThrow("fetch failed");
  });

  it("honua rejects a certificate of an untrusted authority", async () => {
    const foreign = await infrastructure.runHonua(["status"], {
      HONUA_CA_FILE: infrastructure.foreignCaFile,
    });
    expect(foreign.code).toBe(1);
    expect(foreign.output).toContain("certificate");
    expect(foreign.output).toContain("HONUA_CA_FILE");
    const missing = await infrastructure.runHonua(["status"], { HONUA_CA_FILE: "/nowhere/ca.pem" });
    expect(missing.code).toBe(2);
    expect(missing.output).toContain("HONUA_CA_FILE: /nowhere/ca.pem");
  });

  it.each([
    [
      "with another authority",
      () => ({ NATS_CA_FILE: infrastructure.foreignCaFile }),
      /certificate.*NATS_CA_FILE/,
    ],
    [
      "without a client certificate",
      () => ({ NATS_CERT_FILE: undefined, NATS_KEY_FILE: undefined }),
      /client certificates, set NATS_CERT_FILE/,
    ],
    ["with a wrong password", () => ({ NATS_PASSWORD: "wrong" }), /refuses the user or password/],
  ])(
    "a service does not connect to the bus %s, and readiness reports why",
    async (_case, settings, message) => {
      const reconciler = await startAnother("reconciler", settings());
      const reason = await eventually("readiness reports the reason", async () => {
        const { status, body } = await infrastructure.get(`${reconciler.url}/health/ready`);
        const { checks } = JSON.parse(body) as { checks: Record<string, { reason?: string }> };
        return status === 503 && message.exec(checks.MessageBus?.reason ?? "")?.[0];
      });
      await reconciler.says(reason);
      expect((await infrastructure.get(`${reconciler.url}/health/live`)).status).toBe(200);
    },
  );

  it("a service that requires TLS does not connect to a server without TLS", async () => {
    const plain = await startNats();
    const reconciler = await startAnother("reconciler", { NATS_URL: plain.url });
    await reconciler.says("does not support 'tls'");
    await plain.stop();
  });

  it("state does not connect to a database whose certificate it cannot verify", async () => {
    const state = await startAnother("state", {
      DATABASE_URL: infrastructure.databaseUrl(infrastructure.foreignCaFile),
    });
    await state.says(/state database.*certificate/);
    expect((await infrastructure.get(`${state.url}/health/ready`)).status).toBe(503);
  });

  it("PostgreSQL accepts the roles only over TLS", async () => {
    const [url] = infrastructure.databaseUrl(infrastructure.caFile).split("?");
    const client = new pg.Client({ connectionString: url });
    await expect(client.connect()).rejects.toThrow(/no pg_hba.conf entry.*no encryption/);
  });

  it("a service with a certificate but no key exits with the code for invalid configuration", async () => {
    const { HTTP_KEY_FILE: _none, ...settings } = infrastructure.settingsOf("approvals");
    const approvals = startServiceProcess("approvals", settings);
    expect(await approvals.ended).toBe(78);
    expect(approvals.log()).toContain("HTTP_KEY_FILE is missing");
  });
});
