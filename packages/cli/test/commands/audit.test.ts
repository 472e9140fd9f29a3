import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type ChainHead, EMPTY_CHAIN, formatHead, sealEntry } from "@honua/audit";
import type { AuditEntry } from "@honua/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runHonua } from "../run-honua.ts";

/** A chain of three entries, and a server that responds with the lines that a test sets. */
let chain: AuditEntry[];
let head: ChainHead;
let lines: () => unknown[];
let server: Server;
let environment: Record<string, string>;
let asked: string[];

beforeEach(async () => {
  chain = [];
  head = EMPTY_CHAIN;
  for (const action of ["environment.pause", "environment.resume", "environment.sync"]) {
    const entry = sealEntry(
      {
        at: "2026-03-01T09:00:00.000Z",
        environment: "production",
        actor: "user:ana@example.com",
        recordedBy: null,
        action,
        target: null,
        outcome: "done",
        detail: { reason: "the database moves" },
      },
      head,
    );
    chain.push(entry);
    head = { sequence: entry.sequence, hash: entry.hash };
  }
  lines = () => [...chain, { head }];
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url?.startsWith("/api/gitops/audit/chain")) {
      response.end(
        lines()
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(""),
      );
    } else response.end(JSON.stringify({ items: chain.toReversed(), next: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  environment = { HONUA_STATE_URL: url, HONUA_APPROVALS_URL: url, HONUA_TOKEN: "token" };
});
afterEach(() => server.close());

const at = (index: number) => chain[index] as AuditEntry;

describe("honua audit", () => {
  it("lists the entries that match the filters", async () => {
    const filters = ["--environment", "production", "--actor", "user:ana@example.com"];
    const { output, exitCode } = await runHonua(["audit", ...filters, "--limit", "3"], environment);
    expect(exitCode).toBe(0);
    expect(output).toContain("environment.pause");
    expect(output).toContain("the database moves");
    expect(asked).toEqual([
      "/api/gitops/audit?environment=production&actor=user%3Aana%40example.com&limit=3",
    ]);
    const { output: json } = await runHonua(["audit", "-o", "json"], environment);
    expect(JSON.parse(json)).toHaveLength(3);
  });
});

describe("honua audit --verify", () => {
  it("reports a valid chain and its head", async () => {
    const { output, exitCode } = await runHonua(["audit", "--verify"], environment);
    expect(exitCode).toBe(0);
    expect(output).toContain(`3 entries, head ${formatHead(head)}`);
  });

  it.each([
    ["changed", () => [at(0), { ...at(1), actor: "user:eve" }, at(2), { head }], 2, "was changed"],
    ["deleted", () => [at(0), at(2), { head }], 2, "Entry 2 is missing"],
    ["exchanged", () => [at(1), at(0), at(2), { head }], 1, "Entry 1 is missing"],
    ["cut off", () => [at(0), at(1), { head }], 3, "The end of the chain is missing"],
    ["unreadable", () => [at(0), { sequence: "2" }, { head }], 2, "not an audit entry"],
  ] as const)("exits with 1 if an entry was %s", async (_how, made, sequence, message) => {
    lines = () => [...made()];
    const { output, exitCode } = await runHonua(["audit", "--verify", "-o", "json"], environment);
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      sound: false,
      problem: { sequence, message: expect.stringContaining(message) },
    });
  });

  it("detects with a noted head that the newest entries were deleted", async () => {
    lines = () => [at(0), at(1), { head: { sequence: 2, hash: at(1).hash } }];
    expect((await runHonua(["audit", "--verify"], environment)).exitCode).toBe(0);
    const withNotedHead = ["audit", "--verify", "--head", formatHead(head)];
    expect(await runHonua(withNotedHead, environment)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("invalid at entry 3"),
    });
    expect((await runHonua(["audit", "--verify", "--head", "x"], environment)).exitCode).not.toBe(
      0,
    );
  });

  it("distinguishes a lost connection from a valid chain", async () => {
    lines = () => [at(0), at(1)];
    expect(await runHonua(["audit", "--verify"], environment)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("lost after entry 2"),
    });
  });
});
