import type { GatewayStatus, PrepareResult, Problem } from "@honua/contracts";
import { type Bus, TransientError } from "@honua/service-kit";
import { describe, expect, it } from "vitest";
import { createActivate } from "../../src/steps/activate.ts";
import { context, gateway, gatewaysOf, SHA } from "../fixtures.ts";

const RELEASE = SHA("b");
const problem = (message: string): Problem => ({ code: "missing-table", message });
const prepared = (changes: Partial<PrepareResult> = {}): PrepareResult => ({
  instance: "gateway-1",
  release: RELEASE,
  ok: true,
  problems: [],
  warnings: [],
  ...changes,
});

/** Runs the step against gateways that answer `prepare` as told; gives the outcome and what was desired. */
async function activate(live: GatewayStatus[], answers: Record<string, PrepareResult | Error>) {
  const desired: string[] = [];
  const bus = {
    call: async (_call: unknown, _request: unknown, { to }: { to: { instance: string } }) => {
      const answer = answers[to.instance] ?? prepared();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as Bus;
  const step = createActivate({
    bus,
    gateways: gatewaysOf(live),
    desired: {
      current: async () => undefined,
      set: async (_environment, release) => void desired.push(release),
    },
    locate: async (_deployment, problems) => problems,
    timeouts: { prepareMs: 1_000, observeMs: 1_000 },
  });
  return { outcome: await step(context()), desired };
}

const serving = gateway({ observedRelease: RELEASE });
const gone = new TransientError("unavailable", "nobody serves it");

describe("applying a release", () => {
  it("desires it once every gateway is prepared, and goes on when all serve it", async () => {
    const { outcome, desired } = await activate([serving], {});
    expect(desired).toEqual([RELEASE]);
    expect(outcome).toMatchObject({ kind: "next", to: "PostValidating" });
  });

  it("is never desired when one gateway of two refuses it; all problems are told once", async () => {
    const two = gateway({ instance: "gateway-2", observedRelease: RELEASE });
    const refusal = prepared({
      ok: false,
      problems: [problem("no table a"), problem("no table b")],
    });
    const { outcome, desired } = await activate([serving, two], {
      "gateway-1": refusal,
      "gateway-2": refusal,
    });
    expect(desired).toEqual([]);
    expect(outcome).toMatchObject({ kind: "fail", reason: "PrepareFailed" });
    expect((outcome as { message: string }).message.split("\n")).toHaveLength(2);
  });

  it("fails when there is no gateway", async () => {
    const { outcome, desired } = await activate([], {});
    expect(desired).toEqual([]);
    expect(outcome).toMatchObject({ kind: "fail", reason: "NoGateway" });
  });

  it("goes on without a gateway that died a moment ago", async () => {
    const { outcome } = await activate([serving], { "gateway-1": gone }).catch(
      (error: unknown) => ({
        outcome: error,
      }),
    );
    expect(outcome).toBeInstanceOf(TransientError);

    const two = gateway({ instance: "gateway-2", observedRelease: RELEASE });
    const both = await activate([serving, two], { "gateway-1": gone });
    expect(both.outcome).toMatchObject({ kind: "next" });
  });

  it("fails when a gateway cannot activate it after all", async () => {
    const broken = gateway({
      activationError: { release: RELEASE, problems: [problem("the table is gone")] },
    });
    const { outcome } = await activate([broken], {});
    expect(outcome).toMatchObject({
      kind: "fail",
      reason: "ActivationFailed",
      message: expect.stringContaining("the table is gone"),
    });
  });

  it("fails and names the gateways that never served it", async () => {
    const { outcome } = await activate([gateway({ observedRelease: SHA("0") })], {});
    expect(outcome).toMatchObject({
      kind: "fail",
      reason: "ActivationFailed",
      message: expect.stringContaining("gateway-1"),
    });
  });
});
