import { readFile } from "node:fs/promises";
import { eventually } from "@honua/testing/eventually";
import { afterAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { docker, hasContainers, IMAGE } from "./container-engine.ts";

/** Bytes that the image may add to its base. */
const LARGEST_ADDITION = 300_000_000;

/** The parts of `docker inspect` that are looked at. */
interface Inspected {
  Size: number;
  Config: {
    User: string;
    Entrypoint: string[];
    Labels: Record<string, string>;
    Healthcheck?: { Test: string[] };
  };
}

/** The image by itself: what is in it, and how one container of it behaves. */
describe.skipIf(!hasContainers())("the image", { timeout: 60_000 }, () => {
  const name = `honua-image-test-${process.pid}`;
  // As strict as the compose file, and without anything to talk to.
  const strict = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--network=none"];
  afterAll(() => docker("rm", "--force", name).catch(() => undefined));

  const inspect = async (image: string) =>
    (JSON.parse(await docker("image", "inspect", image)) as [Inspected])[0];

  it("adds less than 300 MB to its base", async () => {
    const dockerfile = await readFile(new URL("../../Dockerfile", import.meta.url), "utf8");
    const base = /^ARG NODE_IMAGE=(.+)$/m.exec(dockerfile)?.[1] ?? "";
    const [{ Size: whole }, { Size: ofBase }] = [await inspect(IMAGE), await inspect(base)];
    expect(whole - ofBase).toBeLessThan(LARGEST_ADDITION);
  });

  it("has labels, a healthcheck, an init and a user of its own", async () => {
    const { User, Entrypoint, Labels, Healthcheck } = (await inspect(IMAGE)).Config;
    expect(User).toBe("honua");
    expect(Entrypoint[0]).toBe("tini");
    expect(Healthcheck?.Test.join(" ")).toContain("healthcheck.mjs");
    expect(Labels).toMatchObject({
      "org.opencontainers.image.title": "Honua GitOps",
      "org.opencontainers.image.licenses": "Apache-2.0",
      "org.opencontainers.image.version": manifest.version,
      "org.opencontainers.image.revision": expect.any(String),
      "org.opencontainers.image.base.name": expect.stringContaining("node"),
    });
  });

  it("holds nothing that only development needs", async () => {
    const list = "ls /app /app/node_modules/.pnpm; id -u";
    const listing = await docker("run", "--rm", ...strict, "--entrypoint=sh", IMAGE, "-c", list);
    expect(listing).toContain("express@");
    expect(listing).not.toMatch(/^(vitest|typescript|@biomejs|testcontainers|playwright|knip)/m);
    expect(listing).not.toMatch(/^(test|bench|scripts|docs)$/m);
    expect(listing).toMatch(/\n10001$/);
  });

  it("says which services there are when none is named", async () => {
    await expect(docker("run", "--rm", ...strict, IMAGE)).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining("approvals, gis-gateway, reconciler, state or watcher"),
    });
  });

  it("runs a service on a read-only root, tells why it is not ready, and hands signals on", async () => {
    const command = ["node", "/app/deploy/container/healthcheck.mjs"];
    await docker(
      "run",
      "--detach",
      "--name",
      name,
      ...strict,
      "--env=PORT=5001",
      IMAGE,
      "approvals",
    );
    await eventually("it is alive", async () => (await docker("exec", name, ...command)) === "");
    const asked = docker("exec", "--env=HONUA_HEALTH_PATH=/health/ready", name, ...command);
    await expect(asked).rejects.toMatchObject({
      stderr: expect.stringMatching(/health\/ready answered .*nats-server at .*cannot be used/),
    });
    await docker("stop", name);
    // A process that does not hear the signal is killed after ten seconds, with code 137.
    expect(await docker("inspect", "--format={{.State.ExitCode}}", name)).toBe("0");
  });
});
