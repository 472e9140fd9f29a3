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

/** Runs the step against gateways with fixed `prepare` results; returns the step result and desired releases. */
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
const gone = new TransientError("unavailable", "no process serves it");

describe("applying a release", () => {
  it("sets the desired release after every gateway has prepared it, and continues when all serve it", async () => {
    const { outcome, desired } = await activate([serving], {});
    expect(desired).toEqual([RELEASE]);
    expect(outcome).toMatchObject({ kind: "next", to: "PostValidating" });
  });

  it("does not set the desired release if one of two gateways refuses it, and reports each problem once", async () => {
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

  it("fails if there is no gateway", async () => {
    const { outcome, desired } = await activate([], {});
    expect(desired).toEqual([]);
    expect(outcome).toMatchObject({ kind: "fail", reason: "NoGateway" });
  });

  it("continues without a gateway that has just terminated", async () => {
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

  it("fails if a gateway cannot activate the release", async () => {
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

  it("fails and names the gateways that did not serve the release", async () => {
    const { outcome } = await activate([gateway({ observedRelease: SHA("0") })], {});
    expect(outcome).toMatchObject({
      kind: "fail",
      reason: "ActivationFailed",
      message: expect.stringContaining("gateway-1"),
    });
  });
});
