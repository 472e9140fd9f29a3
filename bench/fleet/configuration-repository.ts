import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A working copy with many environments and layers, and the bare repository to which it is pushed. */
export interface ConfigurationRepository {
  url: string;
  /** Changes the title of one layer in every environment, pushes one commit, and returns its id. */
  changeEveryEnvironment(title: string): Promise<string>;
}

export async function createConfigurationRepository(
  directory: string,
  environments: readonly string[],
  layersEach: number,
): Promise<ConfigurationRepository> {
  const bare = join(directory, "configuration.git");
  const working = join(directory, "configuration");
  const git = async (...args: string[]) =>
    (await run("git", args, { cwd: working, maxBuffer: 2 ** 26 })).stdout.trim();
  await run("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  await run("git", ["clone", "--quiet", bare, working]);
  await git("config", "user.name", "Operator");
  await git("config", "user.email", "operator@example.org");

  const write = async (title: string) => {
    for (const environment of environments) {
      const folder = join(working, "environments", environment);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "metadata.json"), metadata(environment, layersEach, title));
      await writeFile(join(folder, "datasources.json"), DATASOURCES);
    }
  };
  return {
    url: `file://${bare}`,
    async changeEveryEnvironment(title) {
      await write(title);
      await git("add", "--all");
      await git("commit", "--quiet", "--message", `feat: ${title}`);
      await git("push", "--quiet", "origin", "HEAD:main");
      return git("rev-parse", "HEAD");
    },
  };
}

const DATASOURCES = JSON.stringify({
  datasources: [{ id: "places", type: "PostgreSQL", connectionString: "${DB_CONNECTION_STRING}" }],
});

function metadata(environment: string, layers: number, title: string): string {
  const layer = (number: number) => ({
    id: `layer-${number}`,
    title: number === 0 ? title : `Layer ${number} of ${environment}`,
    description: "Places of one kind",
    datasource: "places",
    table: `public.places_${number}`,
    geometryColumn: "geom",
    geometryType: "Point",
    srid: 4326,
    properties: [
      { name: "name", type: "string" },
      { name: "population", type: "integer" },
      { name: "country", type: "string" },
    ],
  });
  const service = {
    id: "places",
    title: "Places",
    layers: Array.from({ length: layers }, (_, number) => layer(number)),
  };
  return JSON.stringify({ services: [service] }, null, 2);
}
