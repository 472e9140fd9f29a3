import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runHonua } from "../run-honua.ts";

const manifest = {
  format: "honua-state",
  version: 1,
  schema: "0001-first",
  takenAt: "2026-11-25T09:00:00.000Z",
  columns: { environments: ["name"] },
};
const body = `${JSON.stringify(manifest)}\n{"table":"environments","row":{"name":"production"}}\n`;
const sha256 = createHash("sha256").update(body).digest("hex");
const backup = `${body}${JSON.stringify({ rows: { environments: 1 }, sha256 })}\n`;

let server: Server;
let variables: Record<string, string>;
let stubResponse: { status: number; text: string };
let sent: string;
let file: string;

beforeEach(async () => {
  sent = "";
  stubResponse = { status: 200, text: backup };
  server = createServer(async (request, response) => {
    for await (const part of request) sent += part;
    response.statusCode = stubResponse.status;
    response.end(stubResponse.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  variables = { HONUA_STATE_URL: url, HONUA_APPROVALS_URL: url, HONUA_TOKEN: "token" };
  file = join(mkdtempSync(join(tmpdir(), "honua-backup-")), "backup.ndjson");
});
afterEach(() => server.close());

describe("honua state export", () => {
  it("writes the backup to a file that only its owner can read", async () => {
    const { output, exitCode } = await runHonua(["state", "export", file], variables);
    expect(exitCode, output).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(backup);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(output).toMatch(/environments +1/);
  });

  it.each([
    ["is truncated", body, "lost after 2 lines"],
    ["is damaged", backup.replace("production", "staging"), "digest does not match"],
  ])("keeps the previous file if the response %s", async (_case, text, reason) => {
    writeFileSync(file, "previous");
    stubResponse.text = text;
    const { output, exitCode } = await runHonua(["state", "export", file], variables);
    expect(exitCode).toBe(1);
    expect(output).toContain(reason);
    expect(readFileSync(file, "utf8")).toBe("previous");
    expect(existsSync(`${file}.part`)).toBe(false);
  });
});

describe("honua state import", () => {
  it("sends the file unchanged", async () => {
    writeFileSync(file, backup);
    stubResponse.text = JSON.stringify({ rows: { environments: 1 } });
    const { output, exitCode } = await runHonua(["state", "import", file], variables);
    expect(exitCode, output).toBe(0);
    expect(sent).toBe(backup);
    expect(output).toContain("honua audit --verify");
  });

  it("reports the reason of a refusal and a missing file", async () => {
    writeFileSync(file, backup);
    const detail = "the database is not empty: it has environments";
    stubResponse = {
      status: 409,
      text: JSON.stringify({ type: "about:blank", title: "Not possible", status: 409, detail }),
    };
    const refused = await runHonua(["state", "import", file], variables);
    expect(refused).toMatchObject({ exitCode: 4, output: expect.stringContaining(detail) });
    const missing = await runHonua(["state", "import", `${file}.other`], variables);
    expect(missing).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("cannot be read"),
    });
  });
});
