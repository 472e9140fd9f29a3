import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BUS_ADMINISTRATOR, passwordVariable, SERVICE_NAMES } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { freePortRange } from "@honua/testing/free-port";
import { createSystemUnderTest, type SystemUnderTest } from "@honua/testing/system-under-test";
import { GenericContainer, Network, type StartedTestContainer, Wait } from "testcontainers";
import { docker, IMAGE } from "./container-engine.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const STARTUP_MS = 120_000;

/** The system in containers: PostGIS, NATS, a Git server, and a container for each service. */
export interface ContainerStack extends SystemUnderTest {
  /** Container ids, by `<service>-<number>`. */
  readonly containers: ReadonlyMap<string, StartedTestContainer>;
  /** Name of the network of the containers. */
  readonly network: string;
  /** Base URL of a gateway; numbers start at 1. */
  gateway(number: number): string;
  /** Replaces the container of a service with a new one, like an upgrade. */
  replace(name: string): Promise<void>;
}

/** @param options.scale number of containers of each service; 1 by default */
export async function startContainerStack(
  options: { scale?: { reconciler?: number; "gis-gateway"?: number } } = {},
): Promise<ContainerStack> {
  const { postgis, nats } = await imagesOfCompose();
  const gateways = options.scale?.["gis-gateway"] ?? 1;
  const reconcilers = options.scale?.reconciler ?? 1;
  const token = `honua_${randomBytes(18).toString("base64url")}`;
  const ports = await portsFor(gateways);
  const directory = await mkdtemp(join(tmpdir(), "honua-containers-"));
  const gitVolume = `honua-test-git-${randomBytes(6).toString("hex")}`;
  const network = await new Network().start();
  const containers = new Map<string, StartedTestContainer>();
  const specifications = new Map<string, () => GenericContainer>();

  const start = async (name: string) => {
    const make = specifications.get(name);
    if (!make) throw new Error(`There is no container ${name}.`);
    containers.set(name, await make().withStartupTimeout(STARTUP_MS).start());
  };
  const remove = async () => {
    await Promise.all([...containers.values()].map((one) => one.stop({ timeout: 5_000 })));
    await network.stop();
    await docker("volume", "rm", "--force", gitVolume);
    await rm(directory, { recursive: true, force: true });
  };

  specifications.set("postgres", () =>
    new GenericContainer(postgis)
      .withNetwork(network)
      .withNetworkAliases("postgres")
      .withEnvironment({ POSTGRES_PASSWORD: "superuser", PASSWORDS: "/passwords" })
      .withCopyContentToContainer([
        { content: "owner", target: "/passwords/state-owner-password", mode: 0o444 },
        { content: "state", target: "/passwords/state-password", mode: 0o444 },
        { content: "gateway", target: "/passwords/gateway-password", mode: 0o444 },
      ])
      .withCopyFilesToContainer([
        {
          source: join(ROOT, "deploy/postgres/create-roles.sh"),
          target: "/docker-entrypoint-initdb.d/90-create-roles.sh",
          mode: 0o755,
        },
      ])
      .withExposedPorts({ container: 5432, host: ports.postgres })
      .withWaitStrategy(
        Wait.forSuccessfulCommand("pg_isready --host=127.0.0.1 --username=postgres --dbname=gis"),
      ),
  );
  specifications.set("nats", () =>
    new GenericContainer(nats)
      .withNetwork(network)
      .withNetworkAliases("nats")
      .withCopyFilesToContainer([
        {
          source: join(ROOT, "deploy/nats/nats-server.conf"),
          target: "/etc/honua/nats-server.conf",
        },
      ])
      .withCopyContentToContainer([
        { content: passwordsFile(), target: "/etc/honua/secrets/passwords.conf" },
      ])
      .withCommand(["--jetstream", "--store_dir=/data", "--config=/etc/honua/nats-server.conf"])
      .withWaitStrategy(Wait.forLogMessage("Server is ready")),
  );
  specifications.set("git", () =>
    honua("git", ["/app/deploy/compose/serve-git.sh"], {})
      .withBindMounts([{ source: gitVolume, target: "/srv/git" }])
      .withExposedPorts({ container: 9418, host: ports.git })
      .withWaitStrategy(
        Wait.forSuccessfulCommand("git ls-remote git://127.0.0.1/honua-config.git"),
      ),
  );
  specifications.set("sample-data", () =>
    honua("sample-data", ["load-sample-data"], {
      DATABASE_URL: "postgres://postgres:superuser@postgres/gis",
    }).withWaitStrategy(Wait.forOneShotStartup()),
  );
  specifications.set("bus-setup", () =>
    honua("bus-setup", ["honua", "bus", "setup"], {
      NATS_PASSWORD: passwordOf(BUS_ADMINISTRATOR),
    }).withWaitStrategy(Wait.forOneShotStartup()),
  );
  specifications.set("migrate-state", () =>
    honua("migrate-state", ["migrate-state"], {
      DATABASE_URL: "postgres://honua_state_owner:owner@postgres/honua",
      DATABASE_RUNTIME_ROLE: "honua_state",
    }).withWaitStrategy(Wait.forOneShotStartup()),
  );
  const tokens = {
    GitOps__Tokens__0__Subject: "local",
    GitOps__Tokens__0__Sha256: createHash("sha256").update(token).digest("hex"),
    GitOps__Tokens__0__Roles: "admin",
    GitOps__Tokens__0__Delegate: "true",
  };
  service("state", 1, 5002, ports.state, {
    ...tokens,
    DATABASE_URL: "postgres://honua_state:state@postgres/honua",
    DATABASE_MIGRATIONS: "expect",
  });
  service("approvals", 1, 5001, ports.approvals, tokens);
  service("watcher", 1, 5003, ports.watcher, {
    GitOps__RepositoryUrl: "file:///srv/git/honua-config.git",
    GitOps__AllowFileUrls: "true",
    GitOps__Watcher__Environment: "production",
    GitOps__Watcher__PollIntervalSeconds: "0.5",
  });
  for (let number = 1; number <= reconcilers; number++) {
    service("reconciler", number, 5004, number === 1 ? ports.reconciler : undefined, {
      GitOps__ResyncIntervalSeconds: "10",
      // Longer than the tests disconnect a gateway.
      GitOps__PrepareTimeoutSeconds: "20",
    });
  }
  for (let number = 1; number <= gateways; number++) {
    service("gis-gateway", number, 5000, ports.gateways[number - 1], {
      OPERATIONS_HOST: "0.0.0.0",
      OPERATIONS_PORT: String(OPERATIONS_PORT),
      GitOps__Watcher__Environment: "production",
      DB_CONNECTION_STRING: "postgres://honua_gateway:gateway@postgres/gis",
    });
  }

  const localUrl = (port: number | undefined) => `http://localhost:${port}`;
  const urls = {
    gateway: localUrl(ports.gateways[0]),
    approvals: localUrl(ports.approvals),
    state: localUrl(ports.state),
    watcher: localUrl(ports.watcher),
    reconciler: localUrl(ports.reconciler),
    operations: localUrl(ports.operations),
  };
  const repository = `git://127.0.0.1:${ports.git}/honua-config.git`;
  const workingCopy = join(directory, "honua-config");
  try {
    await Promise.all(["postgres", "nats", "git"].map(start));
    await Promise.all(["sample-data", "bus-setup", "migrate-state"].map(start));
    const rest = [...specifications.keys()].filter((name) => !containers.has(name));
    await Promise.all(rest.map(start));
    await run("git", ["clone", "--quiet", repository, workingCopy]);
    for (const [key, value] of [
      ["user.name", "Operator"],
      ["user.email", "operator@example.org"],
    ] as const) {
      await run("git", ["config", key, value], { cwd: workingCopy });
    }
    await eventually(
      "the sample layers are served",
      async () => (await fetch(`${urls.gateway}/ogc/collections/cities/items?limit=1`)).ok,
      60_000,
    );
  } catch (error) {
    await remove();
    throw error;
  }

  return {
    ...createSystemUnderTest({
      workingCopy,
      environment: {
        ...process.env,
        NO_COLOR: "1",
        HONUA_TOKEN: token,
        HONUA_STATE_URL: urls.state,
        HONUA_APPROVALS_URL: urls.approvals,
        HONUA_GATEWAY_URL: urls.gateway,
        HONUA_GATEWAY_OPERATIONS_URL: urls.operations,
        HONUA_WATCHER_URL: urls.watcher,
        HONUA_RECONCILER_URL: urls.reconciler,
      },
      description: async () => ({
        urls,
        repository,
        workingCopy,
        token,
        gisDatabaseUrl: `postgres://postgres:superuser@127.0.0.1:${ports.postgres}/gis`,
      }),
    }),
    containers,
    network: network.getName(),
    gateway: (number) => localUrl(ports.gateways[number - 1]),
    async replace(name) {
      await containers.get(name)?.stop({ timeout: 10_000 });
      await start(name);
    },
    remove,
  };

  function honua(alias: string, command: string[], environment: Record<string, string>) {
    return new GenericContainer(IMAGE)
      .withNetwork(network)
      .withNetworkAliases(alias)
      .withCommand(command)
      .withDroppedCapabilities("ALL")
      .withEnvironment({ NATS_URL: "nats://nats:4222", ...environment });
  }

  function service(
    kind: string,
    number: number,
    port: number,
    published: number | undefined,
    environment: Record<string, string>,
  ) {
    const name = `${kind}-${number}`;
    specifications.set(name, () => {
      const container = honua(kind, [kind], {
        PORT: String(port),
        HONUA_INSTANCE: name,
        NATS_PASSWORD: passwordOf(kind),
        NATS_TOPOLOGY: "expect",
        ...environment,
      }).withWaitStrategy(Wait.forHealthCheck());
      if (kind === "watcher") {
        container.withBindMounts([{ source: gitVolume, target: "/srv/git", mode: "ro" }]);
      }
      if (published !== undefined) {
        container.withExposedPorts({ container: port, host: published });
      }
      if (kind === "gis-gateway" && number === 1) {
        container.withExposedPorts({ container: OPERATIONS_PORT, host: ports.operations });
      }
      return container;
    });
  }
}

/** The operations port of a gateway inside its container. */
const OPERATIONS_PORT = 5005;

const passwordOf = (user: string) => `password-of-${user}`;

function passwordsFile(): string {
  const users = [BUS_ADMINISTRATOR, ...SERVICE_NAMES];
  return users.map((user) => `${passwordVariable(user)}: "${passwordOf(user)}"\n`).join("");
}

/** Ports of this machine, selected in advance so that a replaced container keeps its port. */
async function portsFor(gateways: number) {
  const base = await freePortRange(7 + gateways);
  return {
    approvals: base,
    state: base + 1,
    watcher: base + 2,
    reconciler: base + 3,
    git: base + 4,
    postgres: base + 5,
    operations: base + 6,
    gateways: Array.from({ length: gateways }, (_, index) => base + 7 + index),
  };
}

/** The images of PostGIS and NATS in the compose file. */
async function imagesOfCompose(): Promise<{ postgis: string; nats: string }> {
  const text = await readFile(join(ROOT, "docker-compose.yml"), "utf8");
  const image = (start: string) => {
    const found = new RegExp(`^ *image: (${start}.*)$`, "m").exec(text)?.[1];
    if (!found) throw new Error(`docker-compose.yml has no image that starts with ${start}.`);
    return found;
  };
  return { postgis: image("postgis/"), nats: image("nats:") };
}
