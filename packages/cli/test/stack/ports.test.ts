import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { freePort, stackPorts } from "../../src/stack/ports.ts";

describe("ports", () => {
  it("that other programs use are named, with what to do", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(stackPorts(port)).rejects.toThrow(
      new RegExp(`Ports? (\\d+, )*${port}.* in use by another program.*--port-base`),
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it("are given out free", async () => {
    expect(await freePort()).toBeGreaterThan(0);
  });
});
