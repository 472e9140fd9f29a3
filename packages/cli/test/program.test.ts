import { describe, expect, it } from "vitest";
import { runHonua } from "./run-honua.ts";

describe("honua", () => {
  it("explains how to start or select a system if none is found", async () => {
    const { output, exitCode } = await runHonua(["status"], {});
    expect(exitCode).toBe(2);
    expect(output).toContain("Start one with 'honua up'");
  });

  it("names the address that cannot be reached", async () => {
    const unreachable = "http://127.0.0.1:9";
    const { output, exitCode } = await runHonua(["status"], {
      HONUA_STATE_URL: unreachable,
      HONUA_APPROVALS_URL: unreachable,
      HONUA_TOKEN: "t",
    });
    expect(exitCode).toBe(1);
    expect(output).toContain(unreachable);
  });

  it("rejects an unknown output format", async () => {
    expect((await runHonua(["status", "-o", "xml"], {})).exitCode).toBe(2);
  });
});
