import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { findFreePort, stackPorts } from "../../src/stack/ports.ts";

describe("stackPorts", () => {
  it("names the ports that other programs use, and how to choose others", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(stackPorts(port)).rejects.toThrow(
      new RegExp(`Ports? (\\d+, )*${port}.* in use by another program.*--port-base`),
    );
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("findFreePort", () => {
  it("returns a port below the ephemeral ports", async () => {
    const port = await findFreePort();
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_000);
  });
});
