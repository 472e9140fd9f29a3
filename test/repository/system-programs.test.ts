import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const MODULE = new URL("../../scripts/bootstrap/system-programs.mjs", import.meta.url);
const { ensureSystemPrograms } = await import(MODULE.href);

let printed = "";
beforeEach(() => {
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("setting up the machine", () => {
  it("installs nothing and lists what is missing if HONUA_SETUP is never", () => {
    vi.stubEnv("HONUA_SETUP", "never");
    const server = program({ name: "nats-server", packages: ["nats-server"] });
    expect(() => ensureSystemPrograms([server])).toThrow(
      /missing: nats-server\.[\s\S]*apt-get install nats-server/,
    );
    expect(server.install).not.toHaveBeenCalled();
    expect(printed).toContain("nats-server (required): runs in tests.");
  });

  it("continues without optional programs if HONUA_SETUP is never", () => {
    vi.stubEnv("HONUA_SETUP", "never");
    const client = program({ name: "GDAL", optional: true });
    ensureSystemPrograms([client]);
    expect(client.install).not.toHaveBeenCalled();
    expect(printed).toContain("Tests that need GDAL are skipped.");
  });

  it("prints nothing and needs no root if every program is installed", () => {
    const server = program({ isInstalled: () => true });
    ensureSystemPrograms([server]);
    expect(server.install).not.toHaveBeenCalled();
    expect(printed).toBe("");
  });

  it("names each program and its reason before it installs anything", () => {
    let present = false;
    let before = "";
    const server = program({
      name: "nats-server",
      isInstalled: () => present,
      installWithHomebrew: undefined,
      install: vi.fn(() => {
        before = printed;
        present = true;
      }),
    });
    vi.stubEnv("HONUA_SETUP", "");
    try {
      ensureSystemPrograms([server]);
    } catch (error) {
      // Without root, the program cannot be installed; the message then says how to do it.
      expect(String(error)).toContain("sudo apt-get install");
      return;
    }
    expect(before).toContain("nats-server (required): runs in tests.");
    expect(before).toContain("Set HONUA_SETUP=never to install nothing on this machine.");
  });
});

function program(differences: object) {
  return {
    name: "program",
    reason: "runs in tests",
    packages: ["package"],
    optional: false,
    isInstalled: () => false,
    install: vi.fn(),
    ...differences,
  };
}
