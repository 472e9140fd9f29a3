import { SERVICE_NAMES, type ServiceName } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { startNats } from "@honua/testing/nats";
import { type ServiceProcess, startServiceProcess } from "@honua/testing/service-process";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type EncryptedGround, prepareEncryptedGround } from "./encrypted-infrastructure.ts";

const ITEMS = "/ogc/collections/places/items";

/** Every service as a process of its own, with nothing in between that is not encrypted. */
describe("everything over TLS", { timeout: 60_000 }, () => {
  let ground: EncryptedGround;
  const services: ServiceProcess[] = [];
  const more: ServiceProcess[] = [];

  beforeAll(async () => {
    ground = await prepareEncryptedGround();
    const setup = await ground.honua(["bus", "setup"]);
    expect(setup).toMatchObject({ code: 0 });
    for (const name of SERVICE_NAMES) {
      services.push(startServiceProcess(name, ground.settingsOf(name)));
    }
    await eventually(
      "the layer is served",
      async () => (await ground.read(ground.urls["gis-gateway"] + ITEMS)).status === 200,
      60_000,
    );
  });
  afterEach(() => Promise.all(more.splice(0).map((service) => service.stop())));
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await ground?.stop();
  });

  /** A second process of a service, with some settings that differ. */
  async function startAnother(name: ServiceName, settings: Record<string, string | undefined>) {
    const port = await freePort();
    const all = { ...ground.settingsOf(name), PORT: String(port), ...settings };
    const service = startServiceProcess(name, all);
    more.push(service);
    return { ...service, url: `https://localhost:${port}` };
  }

  it("a commit is deployed and verified, and all is well", async () => {
    const doctor = await ground.honua(["doctor"]);
    expect(doctor).toMatchObject({ code: 0 });
    const status = await ground.honua(["status"]);
    expect(status.output).toMatch(/production\s+Healthy\s+Synced/);
  });

  it("links of the gateway are https", async () => {
    const { body } = await ground.read(ground.urls["gis-gateway"] + ITEMS);
    const { links } = JSON.parse(body) as { links: { href: string }[] };
    const roots = new Set(links.map(({ href }) => new URL(href).origin));
    expect([...roots]).toEqual([ground.urls["gis-gateway"]]);
  });

  it.each(SERVICE_NAMES)("%s answers over https, and over nothing else", async (name) => {
    expect((await ground.read(`${ground.urls[name]}/health/ready`)).status).toBe(200);
    await expect(
      fetch(`${ground.urls[name].replace("https", "http")}/health/live`),
    ).rejects.toThrow("fetch failed");
  });

  it("the gateway's operations port is https as well", async () => {
    expect((await ground.read(`${ground.operationsUrl}/metrics`)).status).toBe(200);
    await expect(
      fetch(`${ground.operationsUrl.replace("https", "http")}/health/live`),
    ).rejects.toThrow("fetch failed");
  });

  it("honua refuses a certificate of an authority that it does not trust", async () => {
    const foreign = await ground.honua(["status"], { HONUA_CA_FILE: ground.foreignCaFile });
    expect(foreign.code).toBe(1);
    expect(foreign.output).toContain("certificate");
    expect(foreign.output).toContain("HONUA_CA_FILE");
    const none = await ground.honua(["status"], { HONUA_CA_FILE: "/nowhere/ca.pem" });
    expect(none.code).toBe(2);
    expect(none.output).toContain("HONUA_CA_FILE: /nowhere/ca.pem");
  });

  it.each([
    [
      "with another authority",
      () => ({ NATS_CA_FILE: ground.foreignCaFile }),
      /certificate.*NATS_CA_FILE/,
    ],
    [
      "without a client certificate",
      () => ({ NATS_CERT_FILE: undefined, NATS_KEY_FILE: undefined }),
      /client certificates, set NATS_CERT_FILE/,
    ],
    ["with a wrong password", () => ({ NATS_PASSWORD: "wrong" }), /refuses the user or password/],
  ])("the bus is not used %s, and readiness says why", async (_what, settings, says) => {
    const reconciler = await startAnother("reconciler", settings());
    const reason = await eventually("it says why", async () => {
      const { status, body } = await ground.read(`${reconciler.url}/health/ready`);
      const { checks } = JSON.parse(body) as { checks: Record<string, { reason?: string }> };
      return status === 503 && says.exec(checks.MessageBus?.reason ?? "")?.[0];
    });
    await reconciler.says(reason);
    expect((await ground.read(`${reconciler.url}/health/live`)).status).toBe(200);
  });

  it("a server without TLS is not spoken to by one that asks for it", async () => {
    const plain = await startNats();
    const reconciler = await startAnother("reconciler", { NATS_URL: plain.url });
    await reconciler.says("does not support 'tls'");
    await plain.stop();
  });

  it("state does not use a database whose certificate it cannot check", async () => {
    const state = await startAnother("state", {
      DATABASE_URL: ground.databaseUrl(ground.foreignCaFile),
    });
    await state.says(/state database.*certificate/);
    expect((await ground.read(`${state.url}/health/ready`)).status).toBe(503);
  });

  it("PostgreSQL lets the roles in over TLS only", async () => {
    const [url] = ground.databaseUrl(ground.caFile).split("?");
    const client = new pg.Client({ connectionString: url });
    await expect(client.connect()).rejects.toThrow(/no pg_hba.conf entry.*no encryption/);
  });

  it("a certificate without its key ends the process with the code for configuration", async () => {
    const { HTTP_KEY_FILE: _none, ...settings } = ground.settingsOf("approvals");
    const approvals = startServiceProcess("approvals", settings);
    expect(await approvals.ended).toBe(78);
    expect(approvals.log()).toContain("HTTP_KEY_FILE is missing");
  });
});
