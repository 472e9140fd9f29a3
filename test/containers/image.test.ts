import { readFile } from "node:fs/promises";
import { eventually } from "@honua/testing/eventually";
import { afterAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { docker, hasContainers, IMAGE } from "./container-engine.ts";

/** Bytes that the image may add to its base. */
const MAX_ADDED_BYTES = 300_000_000;

/** The fields of `docker image inspect` that the tests read. */
interface ImageDetails {
  Size: number;
  Config: {
    User: string;
    Entrypoint: string[];
    Labels: Record<string, string>;
    Healthcheck?: { Test: string[] };
  };
}

/** The content of the image, and the behaviour of one container. */
describe.skipIf(!hasContainers())("the image", { timeout: 60_000 }, () => {
  const name = `honua-image-test-${process.pid}`;
  // The restrictions of the compose file, and no network.
  const restricted = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--network=none"];
  afterAll(() => docker("rm", "--force", name).catch(() => undefined));

  const inspect = async (image: string) =>
    (JSON.parse(await docker("image", "inspect", image)) as [ImageDetails])[0];

  it("adds less than 300 MB to its base", async () => {
    const dockerfile = await readFile(new URL("../../Dockerfile", import.meta.url), "utf8");
    const base = /^ARG NODE_IMAGE=(.+)$/m.exec(dockerfile)?.[1] ?? "";
    const [{ Size: imageBytes }, { Size: baseBytes }] = [await inspect(IMAGE), await inspect(base)];
    expect(imageBytes - baseBytes).toBeLessThan(MAX_ADDED_BYTES);
  });

  it("has labels, a health check, an init process and an unprivileged user", async () => {
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

  it("contains no development dependencies and no development files", async () => {
    const list = "ls /app /app/node_modules/.pnpm; id -u";
    const listing = await docker(
      "run",
      "--rm",
      ...restricted,
      "--entrypoint=sh",
      IMAGE,
      "-c",
      list,
    );
    expect(listing).toContain("express@");
    expect(listing).not.toMatch(/^(vitest|typescript|@biomejs|testcontainers|playwright|knip)/m);
    expect(listing).not.toMatch(/^(test|bench|scripts|docs)$/m);
    expect(listing).toMatch(/\n10001$/);
  });

  it("lists the services if none is given", async () => {
    await expect(docker("run", "--rm", ...restricted, IMAGE)).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining("approvals, gis-gateway, reconciler, state or watcher"),
    });
  });

  it("runs a service with a read-only root, reports why it is not ready, and forwards signals", async () => {
    const command = ["node", "/app/deploy/container/healthcheck.mjs"];
    await docker(
      "run",
      "--detach",
      "--name",
      name,
      ...restricted,
      "--env=PORT=5001",
      IMAGE,
      "approvals",
    );
    await eventually(
      "the service is alive",
      async () => (await docker("exec", name, ...command)) === "",
    );
    const readiness = docker("exec", "--env=HONUA_HEALTH_PATH=/health/ready", name, ...command);
    await expect(readiness).rejects.toMatchObject({
      stderr: expect.stringMatching(/health\/ready returned .*nats-server at .*cannot be used/),
    });
    await docker("stop", name);
    // Docker kills a process that ignores the signal after ten seconds; its exit code is then 137.
    expect(await docker("inspect", "--format={{.State.ExitCode}}", name)).toBe("0");
  });
});
