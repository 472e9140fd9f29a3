import { describe, expect, it } from "vitest";
import { createGate } from "../../src/bus/in-flight.ts";

describe("a gate", () => {
  it("lets so many through at once, and the rest in their order", async () => {
    const gate = createGate(2);
    const finish: (() => void)[] = [];
    const begun: number[] = [];
    const all = [0, 1, 2, 3].map((number) =>
      gate(async () => {
        begun.push(number);
        await new Promise<void>((resolve) => finish.push(resolve));
        return number;
      }),
    );
    expect(begun).toEqual([0, 1]);
    finish[1]?.();
    await expect(all[1]).resolves.toBe(1);
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    finish[0]?.();
    finish[2]?.();
    await all[2];
    finish[3]?.();
    await expect(Promise.all(all)).resolves.toEqual([0, 1, 2, 3]);
  });

  it("gives the place of failed work to the next", async () => {
    const gate = createGate(1);
    const failing = gate(() => Promise.reject(new Error("no")));
    const next = gate(async () => "done");
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBe("done");
  });
});
