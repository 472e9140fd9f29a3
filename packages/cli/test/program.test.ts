import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CommandFailed } from "../src/command-error.ts";
import { createProgram } from "../src/program.ts";
import { unattended } from "./run-honua.ts";

/** Runs the command in an empty folder, with the variables given. */
async function honua(args: string[], environment: Record<string, string> = {}, directory?: string) {
  const lines: string[] = [];
  const program = createProgram({
    environment,
    directory: directory ?? (await mkdtemp(join(tmpdir(), "honua-cli-"))),
    print: (text) => lines.push(text),
    ...unattended,
  });
  program.configureOutput({
    writeErr: (text) => lines.push(text),
    writeOut: (text) => lines.push(text),
  });
  for (const command of program.commands) command.configureOutput(program.configureOutput());
  const error = await program.parseAsync(["node", "honua", ...args]).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return { output: lines.join("\n"), error };
}

describe("honua", () => {
  it("says what to do where no system is known", async () => {
    const { error } = await honua(["status"]);
    expect(error).toBeInstanceOf(CommandFailed);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining("honua up") });
  });

  it("doctor looks at the addresses of variables where no local stack runs", async () => {
    const { output, error } = await honua(["doctor"], {
      HONUA_STATE_URL: "http://127.0.0.1:9",
      HONUA_GATEWAY_URL: "http://127.0.0.1:9/",
    });
    expect(error).toMatchObject({ exitCode: 1 });
    expect(output).toContain("http://127.0.0.1:9 does not answer");
    expect(output).toContain("docker compose logs gis-gateway");
    expect((await honua(["doctor"])).error).toMatchObject({
      message: expect.stringContaining("HONUA_STATE_URL"),
    });
  });

  it("doctor reads the reasons of the gateway from its operations port", async () => {
    const open = async (body: object) => {
      const server = createServer((_request, response) => response.end(JSON.stringify(body)));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const reason = 'datasource "main": cannot connect to db.internal';
    const database = { status: "Unhealthy", reason };
    const shown = await open({ status: "Unhealthy" });
    const operations = await open({ status: "Unhealthy", checks: { database } });
    const { output } = await honua(["doctor"], {
      HONUA_GATEWAY_URL: shown.url,
      HONUA_GATEWAY_OPERATIONS_URL: operations.url,
    });
    for (const { server } of [shown, operations]) {
      server.closeAllConnections();
      server.close();
    }
    expect(output).toMatch(/gateway\s+Unhealthy\s+not ready; the operations port has the reason/);
    expect(output).toMatch(/gateway: database\s+Unhealthy\s+datasource "main": cannot connect/);
  });

  it("doctor says why a branch that could be read once cannot be read any more", async () => {
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
    const { output, error } = await honua(["doctor"], {
      HONUA_WATCHER_URL: `http://127.0.0.1:${port}`,
    });
    watcher.closeAllConnections();
    watcher.close();
    expect(error).toMatchObject({ exitCode: 1 });
    expect(output).toMatch(/watching: production\s+Unhealthy\s+https:.+\(authentication-refused\)/);
  });

  it("says which address cannot be reached", async () => {
    const nowhere = "http://127.0.0.1:9";
    const { error } = await honua(["status"], {
      HONUA_STATE_URL: nowhere,
      HONUA_APPROVALS_URL: nowhere,
      HONUA_TOKEN: "t",
    });
    expect(error).toMatchObject({ exitCode: 1, message: expect.stringContaining(nowhere) });
  });

  it("refuses an output format that it does not know", async () => {
    const { error } = await honua(["status", "-o", "xml"]);
    expect(error).toMatchObject({ exitCode: 2 });
  });
});

describe("honua validate", () => {
  async function repository(metadata: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "honua-validate-"));
    await mkdir(join(directory, "environments/production"), { recursive: true });
    await writeFile(join(directory, "environments/production/metadata.json"), metadata);
    await writeFile(
      join(directory, "environments/production/datasources.json"),
      '{"datasources":[{"id":"db","type":"PostgreSQL","connectionString":"${DB_CONNECTION_STRING}"}]}',
    );
    return directory;
  }
  const metadata = (datasource: string) =>
    JSON.stringify({
      services: [
        {
          id: "s",
          layers: [
            {
              id: "roads",
              datasource,
              table: "public.roads",
              geometryColumn: "geom",
              geometryType: "LineString",
              srid: 4326,
              properties: [{ name: "name", type: "string" }],
            },
          ],
        },
      ],
    });

  it("accepts a sound working copy", async () => {
    const { output, error } = await honua(["validate", await repository(metadata("db"))]);
    expect(error).toBeUndefined();
    expect(output).toContain("production: valid");
  });

  it("lists every problem with its place, and fails", async () => {
    const { output, error } = await honua(["validate", await repository(metadata("bd"))]);
    expect(error).toMatchObject({ exitCode: 1 });
    expect(output).toMatch(/error: environments\/production\/metadata\.json:1:\d+ .*bd/);
  });
});
