import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpGet } from "../../src/gateways/http-get.ts";
import { createVerify } from "../../src/steps/verify.ts";
import { context, deployment, gateway, gatewaysOf, plan } from "../fixtures.ts";

const get = createHttpGet();
/** The plans of these tests fit into a message. */
const releases = {
  read: async () => {
    throw new Error("nothing to read");
  },
};
const servers: Server[] = [];
afterEach(() => servers.splice(0).map((server) => server.close()));

/** A gateway that responds with the given statuses for a path in turn, then with 200. */
async function fakeGateway(statuses: Record<string, number[]>) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    response.statusCode = statuses[request.url ?? ""]?.shift() ?? 200;
    response.end("{}");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const change = (action: "added" | "modified" | "removed", id: string) => ({
  action,
  type: "layer" as const,
  id,
  path: "",
  file: "",
  risk: "Low" as const,
  breaking: false,
  reason: "",
});
const changed = deployment({
  plan: plan({
    changes: [change("added", "roads"), change("modified", "a/b"), change("removed", "gone")],
  }),
});

describe("verification over HTTP", () => {
  it("requests a feature of each added or modified collection from each gateway", async () => {
    const one = await fakeGateway({});
    const two = await fakeGateway({});
    const gateways = gatewaysOf([
      gateway({ url: one.url }),
      gateway({ url: two.url, instance: "gateway-2" }),
    ]);
    const outcome = await createVerify({ gateways, releases, get })(
      context({ deployment: changed }),
    );
    expect(outcome).toMatchObject({ kind: "next", to: "Completed" });
    const expected = [
      "/ogc/collections",
      "/ogc/collections/a%2Fb/items?limit=1",
      "/ogc/collections/roads/items?limit=1",
    ];
    expect(one.seen.sort()).toEqual(expected);
    expect(two.seen.sort()).toEqual(expected);
  });

  it("verifies all collections of a bounded plan", async () => {
    const one = await fakeGateway({});
    const table = { schema: "public", name: "ways" };
    const layers = [
      { id: "roads", table },
      { id: "rivers", table },
    ];
    const part = plan({
      changes: [change("added", "roads")],
      omitted: { changes: 1, unavailable: 0, document: "d".repeat(64) },
    });
    const gateways = gatewaysOf([gateway({ url: one.url })]);
    const candidate = {
      environment: "production",
      settings: { defaultLimit: 10, maxLimit: 10 },
      datasources: [],
      services: [{ id: "gis", layers }],
    };
    const verify = createVerify({
      gateways,
      releases: { read: async () => candidate as never },
      get,
    });
    await verify(context({ deployment: deployment({ plan: part }) }));
    expect(one.seen.sort()).toEqual([
      "/ogc/collections",
      "/ogc/collections/rivers/items?limit=1",
      "/ogc/collections/roads/items?limit=1",
    ]);
  });

  it("fails with the URL and the response", async () => {
    const broken = await fakeGateway({
      "/ogc/collections/roads/items?limit=1": [500, 500, 500, 500],
    });
    const gateways = gatewaysOf([gateway({ url: broken.url })]);
    const outcome = await createVerify({ gateways, releases, get })(
      context({ deployment: changed }),
    );
    expect(outcome).toMatchObject({
      kind: "fail",
      reason: "VerificationFailed",
      message: expect.stringContaining(
        `${broken.url}/ogc/collections/roads/items?limit=1 returned 500`,
      ),
    });
  });

  it("retries when a gateway is briefly busy", async () => {
    const busy = await fakeGateway({ "/ogc/collections": [503] });
    const gateways = gatewaysOf([gateway({ url: busy.url })]);
    const outcome = await createVerify({ gateways, releases, get })(
      context({ deployment: changed }),
    );
    expect(outcome).toMatchObject({ kind: "next", to: "Completed" });
  });

  it("fails if no gateway is left", async () => {
    const outcome = await createVerify({ gateways: gatewaysOf([]), releases, get })(context());
    expect(outcome).toMatchObject({ kind: "fail", reason: "VerificationFailed" });
  });
});
