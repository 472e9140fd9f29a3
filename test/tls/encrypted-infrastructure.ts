import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import {
  BUS_ADMINISTRATOR,
  natsConfiguration,
  passwordVariable,
  SERVICE_NAMES,
  type ServiceName,
} from "@honua/contracts";
import { hashToken } from "@honua/service-kit";
import { type CertificateFiles, createAuthority } from "@honua/testing/certificates";
import { freePortRange } from "@honua/testing/free-port";
import { startNats } from "@honua/testing/nats";
import { administer, startPostgresCluster } from "@honua/testing/postgres-cluster";
import { CLI, NODE } from "@honua/testing/system-under-test";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** nats-server, PostgreSQL and a repository for services that trust only one certificate authority. */
export interface EncryptedInfrastructure {
  directory: string;
  /** The authority that signed all certificates, and an authority that signed none. */
  caFile: string;
  foreignCaFile: string;
  natsUrl: string;
  urls: Record<ServiceName, string>;
  /** The operations listener of the gateway, with metrics and health. */
  operationsUrl: string;
  databaseUrl(caFile: string): string;
  connectionString(caFile: string): string;
  /** The complete configuration of a service, with its secrets and the trusted authority. */
  settingsOf(name: ServiceName): Record<string, string>;
  runHonua(args: string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  /** Sends a GET request to a service; trusts only the authority. */
  get(url: string): Promise<{ status: number; body: string }>;
  stop(): Promise<void>;
}

export interface CommandResult {
  output: string;
  code: number;
}

/**
 * Starts nats-server, which requires client certificates, and PostgreSQL, which requires TLS and
 * passwords. Users, permissions and roles are those of `deploy/`.
 */
export async function startEncryptedInfrastructure(): Promise<EncryptedInfrastructure> {
  const directory = await mkdtemp(join(tmpdir(), "honua-tls-"));
  // PostgreSQL runs as another user and must read its certificate.
  await chmod(directory, 0o755);
  const { caFile, issue } = await createAuthority(directory);
  const { caFile: foreignCaFile } = await createAuthority(directory, "foreign");
  const [server, client] = [await issue("server"), await issue("client")];
  const token = `honua_${randomBytes(18).toString("hex")}`;
  const base = await freePortRange(SERVICE_NAMES.length + 1);
  const [nats, postgres] = await Promise.all([
    startNats(await busFlags(directory, caFile, server)),
    startPostgresCluster(await issue("postgres")),
  ]);
  const postgresPort = new URL(postgres.url).port;
  await createRoles(directory, postgresPort);
  await createPlaces(postgres.url);
  await migrateState(postgresPort, caFile);
  const repository = await createRepository(directory);
  const ca = await readFile(caFile);

  const portOf = (name: ServiceName) => base + SERVICE_NAMES.indexOf(name);
  const operationsPort = base + SERVICE_NAMES.length;
  const operationsUrl = `https://localhost:${operationsPort}`;
  const natsUrl = `nats://localhost:${new URL(nats.url).port}`;
  const urls = Object.fromEntries(
    SERVICE_NAMES.map((name) => [name, `https://localhost:${portOf(name)}`]),
  ) as Record<ServiceName, string>;
  const bus = {
    NATS_URL: natsUrl,
    NATS_CA_FILE: caFile,
    NATS_CERT_FILE: client.certFile,
    NATS_KEY_FILE: client.keyFile,
  };
  const tokens = {
    GitOps__Tokens__0__Subject: "operator",
    GitOps__Tokens__0__Sha256: hashToken(token),
    GitOps__Tokens__0__Roles: "admin",
  };

  const infrastructure: EncryptedInfrastructure = {
    directory,
    caFile,
    foreignCaFile,
    natsUrl,
    urls,
    operationsUrl,
    databaseUrl: (authority) => stateUrl("state", postgresPort, authority),
    connectionString: (authority) =>
      `Host=localhost;Port=${postgresPort};Database=gis;Username=honua_gateway;Password=${PASSWORDS.gateway};SSL Mode=VerifyFull;Root Certificate=${authority}`,
    settingsOf: (name) => ({
      ...bus,
      NATS_PASSWORD: busPasswordOf(name),
      NATS_TOPOLOGY: "expect",
      NODE_EXTRA_CA_CERTS: caFile,
      PORT: String(portOf(name)),
      HTTP_CERT_FILE: server.certFile,
      HTTP_KEY_FILE: server.keyFile,
      ...ownSettings(name),
    }),
    runHonua: (args, environment = {}) =>
      run(NODE, [CLI, ...args], {
        env: {
          ...process.env,
          ...bus,
          NO_COLOR: "1",
          NATS_PASSWORD: busPasswordOf(BUS_ADMINISTRATOR),
          HONUA_CA_FILE: caFile,
          HONUA_TOKEN: token,
          HONUA_STATE_URL: urls.state,
          HONUA_APPROVALS_URL: urls.approvals,
          HONUA_GATEWAY_URL: urls["gis-gateway"],
          HONUA_GATEWAY_OPERATIONS_URL: operationsUrl,
          HONUA_WATCHER_URL: urls.watcher,
          HONUA_RECONCILER_URL: urls.reconciler,
          ...environment,
        },
      }).then(
        ({ stdout, stderr }) => ({ output: stdout + stderr, code: 0 }),
        (error: { stdout: string; stderr: string; code: number }) => ({
          output: error.stdout + error.stderr,
          code: error.code,
        }),
      ),
    get: (url) =>
      new Promise((resolve, reject) => {
        const sent = request(url, { ca, agent: false }, async (response) => {
          let body = "";
          for await (const chunk of response.setEncoding("utf8")) body += chunk;
          resolve({ status: response.statusCode ?? 0, body });
        });
        sent.on("error", reject).end();
      }),
    async stop() {
      await Promise.all([nats.stop(), postgres.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return infrastructure;

  function ownSettings(name: ServiceName): Record<string, string> {
    switch (name) {
      case "watcher":
        return {
          HONUA_HOME: join(directory, "watcher"),
          GitOps__RepositoryUrl: repository,
          GitOps__AllowFileUrls: "true",
          GitOps__Watcher__Environment: "production",
        };
      case "reconciler":
        return {};
      case "approvals":
        return tokens;
      case "state":
        return {
          ...tokens,
          DATABASE_URL: infrastructure.databaseUrl(caFile),
          DATABASE_MIGRATIONS: "expect",
        };
      case "gis-gateway":
        return {
          HONUA_HOME: join(directory, "gateway"),
          HONUA_ADVERTISED_URL: urls[name],
          OPERATIONS_PORT: String(operationsPort),
          GitOps__Watcher__Environment: "production",
          DB_CONNECTION_STRING: infrastructure.connectionString(caFile),
        };
    }
  }
}

const PASSWORDS = {
  "state-owner": "owner-password",
  state: "state-password",
  gateway: "gateway-password",
};
const busPasswordOf = (user: string) => `password-of-${user}`;

async function busFlags(
  directory: string,
  caFile: string,
  { certFile, keyFile }: CertificateFiles,
): Promise<string[]> {
  const users = [BUS_ADMINISTRATOR, ...SERVICE_NAMES];
  const passwords = users.map((user) => `${passwordVariable(user)}: "${busPasswordOf(user)}"`);
  await writeFile(join(directory, "passwords.conf"), passwords.join("\n"));
  const configuration = join(directory, "nats-server.conf");
  await writeFile(configuration, natsConfiguration("passwords.conf"));
  const files = ["--tlscert", certFile, "--tlskey", keyFile, "--tlscacert", caFile];
  return ["-c", configuration, "--tlsverify", ...files];
}

/** Creates the roles with the script that the PostgreSQL container runs at its first start. */
async function createRoles(directory: string, port: string): Promise<void> {
  for (const [role, password] of Object.entries(PASSWORDS)) {
    await writeFile(join(directory, `${role}-password`), password);
  }
  await run("sh", [join(ROOT, "deploy/postgres/create-roles.sh")], {
    env: { ...process.env, PASSWORDS: directory, PGHOST: "127.0.0.1", PGPORT: port },
  });
}

/** Runs the migration job with the role that owns the tables. */
async function migrateState(port: string, caFile: string): Promise<void> {
  await run(NODE, [join(ROOT, "services/state/src/database/migrate-job.ts")], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: stateUrl("state-owner", port, caFile),
      DATABASE_RUNTIME_ROLE: "honua_state",
    },
  });
}

function stateUrl(role: "state" | "state-owner", port: string, caFile: string): string {
  const user = `honua_${role.replace("-", "_")}`;
  return `postgres://${user}:${PASSWORDS[role]}@localhost:${port}/honua?sslmode=verify-full&sslrootcert=${caFile}`;
}

async function createPlaces(administrative: string): Promise<void> {
  const url = new URL(administrative);
  url.pathname = "/gis";
  const columns = "id int primary key, geom geometry(Point,4326)";
  await administer(url.href, `create table places (${columns})`);
  await administer(url.href, "insert into places values (1, ST_SetSRID(ST_Point(1, 2), 4326))");
}

/** Creates a repository that configures one layer, and returns its URL. */
async function createRepository(directory: string): Promise<string> {
  const workingCopy = join(directory, "config");
  const production = join(workingCopy, "environments/production");
  await mkdir(production, { recursive: true });
  const gis = { id: "gis", type: "PostgreSQL", connectionString: "${DB_CONNECTION_STRING}" };
  const places = {
    id: "places",
    title: "Places",
    datasource: "gis",
    table: "public.places",
    geometryColumn: "geom",
    geometryType: "Point",
    srid: 4326,
    properties: [],
  };
  const documents = {
    "datasources.json": { datasources: [gis] },
    "metadata.json": { services: [{ id: "gis-service", title: "GIS", layers: [places] }] },
  };
  for (const [name, document] of Object.entries(documents)) {
    await writeFile(join(production, name), JSON.stringify(document));
  }
  const author = ["-c", "user.name=Operator", "-c", "user.email=operator@example.org"];
  for (const command of [
    ["init", "--quiet", "--initial-branch=main"],
    ["add", "--all"],
    [...author, "commit", "--quiet", "--message", "feat: Places"],
  ]) {
    await run("git", command, { cwd: workingCopy });
  }
  return pathToFileURL(workingCopy).href;
}
