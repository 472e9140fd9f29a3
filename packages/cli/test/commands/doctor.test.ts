import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { runHonua } from "../run-honua.ts";

describe("honua doctor", () => {
  it("checks the services at the URLs of the variables without a local stack", async () => {
    const { output, exitCode } = await runHonua(["doctor"], {
      HONUA_STATE_URL: "http://127.0.0.1:9",
      HONUA_GATEWAY_URL: "http://127.0.0.1:9/",
    });
    expect(exitCode).toBe(1);
    expect(output).toContain("http://127.0.0.1:9 does not answer");
    expect(output).toContain("docker compose logs gis-gateway");
    const withoutVariables = await runHonua(["doctor"], {});
    expect(withoutVariables.output).toContain("or set HONUA_GATEWAY_URL");
  });

  it("reads the reasons of the gateway from its operations port", async () => {
    const startServer = async (body: object) => {
      const server = createServer((_request, response) => response.end(JSON.stringify(body)));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const reason = 'datasource "main": cannot connect to db.internal';
    const database = { status: "Unhealthy", reason };
    const publicPort = await startServer({ status: "Unhealthy" });
    const operationsPort = await startServer({ status: "Unhealthy", checks: { database } });
    const { output } = await runHonua(["doctor"], {
      HONUA_GATEWAY_URL: publicPort.url,
      HONUA_GATEWAY_OPERATIONS_URL: operationsPort.url,
    });
    for (const { server } of [publicPort, operationsPort]) {
      server.closeAllConnections();
      server.close();
    }
    expect(output).toMatch(/gateway\s+Unhealthy\s+not ready; the operations port has the reason/);
    expect(output).toMatch(/gateway: database\s+Unhealthy\s+datasource "main": cannot connect/);
  });

  it("explains why a branch can no longer be read", async () => {
    const reason = "https://git.example.com/gis.git refused the credential";
    const source = {
      ...{
        environment: "production",
        repository: "https://git.example.com/gis.git",
        branch: "main",
      },
      ...{ status: "Unhealthy", reason, code: "authentication-refused" },
      ...{ commit: "abc", lastPoll: null, nextPoll: null },
    };
    const watcher = createServer((request, response) => {
      const ready = { status: "Healthy", checks: { GitRepository: { status: "Healthy" } } };
      response.end(
        JSON.stringify(request.url === "/health/sources" ? { sources: [source] } : ready),
      );
    });
    await new Promise<void>((resolve) => watcher.listen(0, "127.0.0.1", resolve));
    const { port } = watcher.address() as AddressInfo;
    const { output, exitCode } = await runHonua(["doctor"], {
      HONUA_WATCHER_URL: `http://127.0.0.1:${port}`,
    });
    watcher.closeAllConnections();
    watcher.close();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/watching: production\s+Unhealthy\s+https:.+\(authentication-refused\)/);
  });
});
