import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "@honua/testing/eventually";
import { freePortRange } from "@honua/testing/free-port";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeLayer, METADATA } from "../e2e/sample-layer.ts";
import { docker, hasContainers, IMAGE } from "./container-engine.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENT = join(ROOT, "docs/how-to/compose.md");
const COLLECTION = "/ogc/collections/cities";

/** The fields of `docker inspect` that the tests read. */
interface ContainerDetails {
  State: { Running: boolean };
  Config: { User: string; Image: string; Env: string[]; Labels: Record<string, string> };
  HostConfig: {
    ReadonlyRootfs: boolean;
    CapDrop: string[];
    Memory: number;
    NanoCpus: number;
    PidsLimit: number;
    RestartPolicy: { Name: string };
    PortBindings: Record<string, { HostIp: string }[]> | null;
  };
}

/** `docker compose`, or the older program `docker-compose`. */
const findCompose = (): string[] => {
  const plugin = spawnSync("docker", ["compose", "version"], { stdio: "ignore" }).status === 0;
  if (plugin) return ["docker", "compose"];
  const standalone = spawnSync("docker-compose", ["version"], { stdio: "ignore" }).status === 0;
  return standalone ? ["docker-compose"] : [];
};

const compose = hasContainers() ? findCompose() : [];

/** The commands of docs/how-to/compose.md with the compose file. The tests build on each other. */
describe.skipIf(compose.length === 0)("docker compose", () => {
  const project = `honua-test-${process.pid}`;
  let environment: NodeJS.ProcessEnv;
  let gateway = "";
  let git = "";
  let documented = "";
  let work = "";

  beforeAll(async () => {
    const base = await freePortRange(5);
    environment = {
      ...process.env,
      COMPOSE_PROJECT_NAME: project,
      HONUA_GATEWAY_PORT: String(base),
      HONUA_APPROVALS_PORT: String(base + 1),
      HONUA_STATE_PORT: String(base + 2),
      HONUA_WATCHER_PORT: String(base + 3),
      HONUA_GIT_PORT: String(base + 4),
    };
    gateway = `http://localhost:${base}`;
    git = `git://localhost:${base + 4}/honua-config.git`;
    documented = await readFile(DOCUMENT, "utf8");
    work = await mkdtemp(join(tmpdir(), "honua-compose-"));
    await runDocumented("docker compose up --detach --build");
    await eventually(
      "the gateway serves the sample data",
      async () => (await fetch(citiesUrl())).ok,
      90_000,
    );
  }, 400_000);
  afterAll(async () => {
    if (environment) await runDocumented("docker compose down --volumes");
    await rm(work, { recursive: true, force: true });
  }, 120_000);

  const citiesUrl = () => `${gateway}${COLLECTION}/items?limit=10`;

  /** Runs a command of the document, and returns its output and exit code. */
  async function runDocumented(line: string): Promise<{ output: string; code: number }> {
    expect(documented, `the document contains: ${line}`).toContain(line);
    return runCompose(...line.split(" ").slice(2));
  }

  /** Runs a command of the document that ends with `> file` or `< file` with another file. */
  async function runDocumentedWithFile(line: string, file: string): Promise<void> {
    expect(documented, `the document contains: ${line}`).toContain(line);
    const [, words = "", direction = ""] = /^docker compose (.*) ([<>]) \S+$/.exec(line) ?? [];
    const script = `${compose.join(" ")} ${words} ${direction} "${file}"`;
    await run("sh", ["-c", script], { cwd: ROOT, env: environment });
  }

  /** The ids of all deployments, newest first. */
  async function deploymentIds(): Promise<string[]> {
    const { output, code } = await runCompose(
      ...["run", "--rm", "honua", "history", "production", "-o", "json"],
    );
    if (code !== 0) throw new Error(`honua history exited with ${code}:\n${output}`);
    return [...output.matchAll(/^ {4}"id": "([^"]+)"/gm)].map(([, id = ""]) => id);
  }

  async function runCompose(...args: string[]): Promise<{ output: string; code: number }> {
    const [name, ...first] = compose;
    if (!name) throw new Error("docker compose is not installed.");
    const options = { cwd: ROOT, env: environment, maxBuffer: 2 ** 27 };
    return run(name, [...first, ...args], options).then(
      ({ stdout, stderr }) => ({ output: stdout + stderr, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => ({
        output: error.stdout + error.stderr,
        code: error.code,
      }),
    );
  }

  it("serves the sample data, and honua reports a healthy system", async () => {
    const { features } = (await (await fetch(citiesUrl())).json()) as { features: unknown[] };
    expect(features).toHaveLength(10);
    const status = await runDocumented("docker compose run --rm honua status");
    expect(status.output).toMatch(/production\s+Healthy\s+Synced/);
    expect(await runDocumented("docker compose run --rm honua doctor")).toMatchObject({ code: 0 });
    expect((await runDocumented("docker compose ps")).output).toContain("healthy");
    const token = await runDocumented(
      "docker compose run --rm --entrypoint cat honua /run/secrets/honua/operator/token",
    );
    expect(token.output).toMatch(/honua_[0-9a-f]{48}/);
  }, 60_000);

  it("restricts every container, and passes secrets only as files", async () => {
    const { output } = await runCompose("ps", "-q");
    const containers = JSON.parse(
      await docker("inspect", ...output.trim().split("\n")),
    ) as ContainerDetails[];
    const running = containers.filter(({ State }) => State.Running);
    expect(running).toHaveLength(8);
    for (const { Config, HostConfig } of running) {
      const service = Config.Labels["com.docker.compose.service"];
      expect(HostConfig.Memory, `${service} has a memory limit`).toBeGreaterThan(0);
      expect(HostConfig.NanoCpus, `${service} has a CPU limit`).toBeGreaterThan(0);
      expect(HostConfig.PidsLimit, `${service} has a process limit`).toBeGreaterThan(0);
      expect(HostConfig.RestartPolicy.Name, service).toBe("unless-stopped");
      const addresses = Object.values(HostConfig.PortBindings ?? {}).flat();
      for (const { HostIp } of addresses) expect(HostIp, service).toBe("127.0.0.1");
      expect(addresses.length > 0, `${service} has a published port`).toBe(
        ["state", "approvals", "gis-gateway", "watcher", "git"].includes(service ?? ""),
      );
      // Secrets are long hexadecimal numbers, or are in a URL.
      expect(Config.Env.join("\n"), service).not.toMatch(/[0-9a-f]{32}|:\/\/[^/\s]*@/);
      if (Config.Image === IMAGE) {
        expect(HostConfig, service).toMatchObject({ ReadonlyRootfs: true, CapDrop: ["ALL"] });
        expect(Config.User, service).toBe("honua");
      }
    }
  });

  it("gives the gateway a database role that can only read the sample data", async () => {
    const query = (database: string, statement: string) =>
      runCompose(
        ...["exec", "-T", "postgres", "sh", "-c"],
        `PGPASSWORD=$(cat /run/secrets/honua/database/gateway-password) psql --host=127.0.0.1 --username=honua_gateway --dbname=${database} --command="${statement}"`,
      );
    expect((await query("gis", "select count(*) from cities")).code).toBe(0);
    const write = "begin read write; delete from cities; commit";
    expect((await query("gis", write)).output).toContain("permission denied for table cities");
    expect((await query("gis", "create table mine ()")).code).not.toBe(0);
    expect((await query("honua", "select 1")).output).toContain("permission denied for database");
  });

  it("deploys pushed commits with three reconcilers", async () => {
    await runDocumented("docker compose up --detach --scale reconciler=3");
    expect((await runCompose("ps", "-q", "reconciler")).output.trim().split("\n")).toHaveLength(3);
    const copy = join(work, "honua-config");
    await run("git", ["clone", "--quiet", git, copy]);
    for (let round = 1; round <= 6; round++) {
      const file = join(copy, METADATA);
      const change = changeLayer("cities", (layer) => ({ ...layer, title: `Round ${round}` }));
      const document = change(JSON.parse(await readFile(file, "utf8")) as never);
      await writeFile(file, JSON.stringify(document, null, 2));
      const author = ["-c", "user.name=Operator", "-c", "user.email=operator@example.org"];
      await run("git", [...author, "commit", "--quiet", "--all", "-m", `docs: ${round}`], {
        cwd: copy,
      });
      await run("git", ["push", "--quiet"], { cwd: copy });
      await eventually(
        `round ${round} is served`,
        async () => {
          const response = await fetch(gateway + COLLECTION);
          return ((await response.json()) as { title: string }).title === `Round ${round}`;
        },
        30_000,
      );
    }
    const { output } = await runCompose("logs", "--no-color", "reconciler");
    const workers = new Set(
      output
        .split("\n")
        .filter((line) => line.includes("Successfully completed reconciliation"))
        .map((line) => /reconciler[-_]\d/.exec(line)?.[0]),
    );
    expect(workers.size, "number of reconcilers that deployed").toBeGreaterThan(1);
  }, 240_000);

  it.each([
    ["nats", /MessageBus\s+Unhealthy/],
    ["postgres", /state: \S+\s+Unhealthy/],
    ["state", /state\s+Unhealthy\s+http:\/\/state:5002 does not answer; .*logs state/],
    ["approvals", /approvals\s+Unhealthy\s+\S+ does not answer/],
    ["watcher", /watcher\s+Unhealthy\s+\S+ does not answer/],
    ["reconciler", /reconciler\s+Unhealthy\s+\S+ does not answer/],
    ["gis-gateway", /gateway\s+Unhealthy\s+\S+ does not answer; .*logs gis-gateway/],
  ])(
    "honua doctor reports that %s is stopped, and that it is healthy after its restart",
    async (service, finding) => {
      await runCompose("stop", "--timeout", "2", service);
      const doctor = await runDocumented("docker compose run --rm honua doctor");
      expect(doctor.code).not.toBe(0);
      expect(doctor.output).toMatch(finding);
      await runCompose("start", service);
      await eventually(
        "the system is healthy again",
        async () => (await runDocumented("docker compose run --rm honua doctor")).code === 0,
        60_000,
      );
    },
    120_000,
  );

  it("honua doctor reports a wrong password, an unknown host, an unreachable datasource and a wrong token", async () => {
    const override = join(work, "broken.yml");
    // JSON is valid YAML. Another secret serves as the wrong password of the bus.
    const services = {
      approvals: {
        environment: { NATS_PASSWORD_FILE: "/run/secrets/honua/approvals/token.sha256" },
      },
      watcher: { environment: { GitOps__RepositoryUrl: "https://git.invalid/config.git" } },
      "gis-gateway": {
        environment: { DB_CONNECTION_STRING: "postgres://honua_gateway:no@postgres/missing" },
      },
    };
    await writeFile(override, JSON.stringify({ services }));
    const files = ["-f", "docker-compose.yml", "-f", override];
    const names = Object.keys(services);
    await runCompose(...files, "up", "--detach", "--no-deps", ...names);
    const doctor = ["run", "--rm", "--no-deps", "-e", "HONUA_TOKEN=wrong", "honua", "doctor"];
    for (const finding of [
      /approvals: messageBus\s+Unhealthy\s+nats-server at \S+ refuses the user or password/,
      /gitops: Approvals\s+Unhealthy.*does not respond/,
      /watcher: GitRepository\s+Unhealthy\s+production: The host of https:\/\/git\.invalid\/config\.git cannot be reached/,
      /gateway: database\s+Unhealthy\s+datasource "postgres-prod": \S+/,
      /token: state\s+Unhealthy\s+state refuses the token; compare HONUA_TOKEN/,
      /token: approvals\s+Unhealthy\s+approvals refuses the token/,
    ]) {
      await eventually(
        "honua doctor reports the finding",
        async () => {
          const { output } = await runCompose(...doctor);
          if (finding.test(output)) return true;
          throw new Error(`The output does not match ${finding}:\n${output}`);
        },
        60_000,
      );
    }
    await runDocumented("docker compose up --detach");
    await eventually(
      "the system is healthy again",
      async () => (await runDocumented("docker compose run --rm honua doctor")).code === 0,
      90_000,
    );
  }, 240_000);

  it("can be backed up and restored, and a single service can be upgraded", async () => {
    const dump = join(work, "honua.dump");
    const dumping =
      "docker compose exec -T postgres pg_dump --username=postgres --format=custom honua";
    await runDocumentedWithFile(`${dumping} > honua.dump`, dump);
    const before = await deploymentIds();
    expect(before.length).toBeGreaterThanOrEqual(6);
    await runCompose(
      ...["exec", "-T", "postgres", "psql", "--username=postgres", "--dbname=honua"],
      "--command=drop table deployments cascade",
    );
    await runDocumented("docker compose stop state");
    const restoring =
      "docker compose exec -T postgres pg_restore --username=postgres --clean --if-exists --dbname=honua";
    await runDocumentedWithFile(`${restoring} < honua.dump`, dump);
    await runDocumented("docker compose start state");
    await eventually(
      "the history is restored",
      async () => {
        expect(await deploymentIds()).toEqual(before);
        return true;
      },
      60_000,
    );
    const audit = await runCompose("run", "--rm", "honua", "audit", "--verify");
    expect(audit, audit.output).toMatchObject({ code: 0 });
    expect(await runDocumented("docker compose up bus-setup")).toMatchObject({ code: 0 });
    const watcher = await runDocumented("docker compose up --detach --no-deps --build watcher");
    expect(watcher).toMatchObject({ code: 0 });
    await eventually(
      "the system is healthy again",
      async () => (await runDocumented("docker compose run --rm honua doctor")).code === 0,
      60_000,
    );
  }, 240_000);

  it("keeps its data across down and up", async () => {
    expect((await runDocumented("docker compose logs --tail=20 reconciler")).code).toBe(0);
    await runDocumented("docker compose down");
    await runDocumented("docker compose up --detach --build");
    await eventually(
      "the gateway serves the last change again",
      async () => {
        const response = await fetch(gateway + COLLECTION).catch(() => undefined);
        return response?.ok && ((await response.json()) as { title: string }).title === "Round 6";
      },
      60_000,
    );
  }, 200_000);
});
