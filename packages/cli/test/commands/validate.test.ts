import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { runHonua } from "../run-honua.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "honua-validate-"));
});

const metadata = () => join(directory, "environments/production/metadata.json");
const edit = async (change: (text: string) => string) =>
  writeFile(metadata(), change(await readFile(metadata(), "utf8")));

describe("honua validate", () => {
  beforeEach(async () => {
    await runHonua(["init", directory], {});
  });

  it("annotates each problem at its line for GitHub", async () => {
    await edit((text) => text.replace('"srid": 4326', '"srid": "4326"'));
    const { output, exitCode } = await runHonua(["validate", directory, "--format", "github"], {});
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /^::error file=environments\/production\/metadata\.json,line=16,col=\d+::.*must be a number/m,
    );
  });

  it("annotates paths relative to the repository if the configuration is a subfolder", async () => {
    const inner = join(directory, "gis");
    await runHonua(["init", inner, "--environment", "production"], {});
    await writeFile(join(inner, "environments/production/metadata.json"), "{");
    const { output } = await runHonua(["validate", inner, "--format", "github"], {});
    expect(output).toContain("::error file=gis/environments/production/metadata.json,line=1");
  });

  it("refuses symbolic links and files that are not text, as the watcher does", async () => {
    await symlink("/etc/passwd", join(directory, "environments/production/link.json"));
    await writeFile(join(directory, "environments/production/data.bin"), Buffer.of(0xff, 0xfe));
    const { output, exitCode } = await runHonua(["validate", directory], {});
    expect(exitCode).toBe(1);
    expect(output).toContain("link.json is a symbolic link");
    expect(output).toContain("data.bin is not text in UTF-8");
  });

  it("suggests the closest environment, and 'honua init' outside a repository", async () => {
    const mistyped = await runHonua(["validate", directory, "--environment", "prodction"], {});
    expect(mistyped).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("Did you mean 'production'?"),
    });
    const outside = await runHonua(["validate", join(directory, ".git")], {});
    expect(outside).toMatchObject({ exitCode: 2, output: expect.stringContaining("honua init") });
  });
});

describe("honua validate with references between files", () => {
  async function createRepository(metadataJson: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "honua-references-"));
    await mkdir(join(directory, "environments/production"), { recursive: true });
    await writeFile(join(directory, "environments/production/metadata.json"), metadataJson);
    await writeFile(
      join(directory, "environments/production/datasources.json"),
      '{"datasources":[{"id":"db","type":"PostgreSQL","connectionString":"${DB_CONNECTION_STRING}"}]}',
    );
    return directory;
  }
  const metadataWith = (datasource: string) =>
    JSON.stringify({
      services: [
        {
          id: "s",
          layers: [
            {
              id: "roads",
              datasource,
              table: "public.roads",
              geometryColumn: "geom",
              geometryType: "LineString",
              srid: 4326,
              properties: [{ name: "name", type: "string" }],
            },
          ],
        },
      ],
    });

  it("accepts a valid working copy", async () => {
    const { output, exitCode } = await runHonua(
      ["validate", await createRepository(metadataWith("db"))],
      {},
    );
    expect(exitCode).toBe(0);
    expect(output).toContain("production: valid");
  });

  it("lists every problem with its position and exits with 1", async () => {
    const { output, exitCode } = await runHonua(
      ["validate", await createRepository(metadataWith("bd"))],
      {},
    );
    expect(exitCode).toBe(1);
    expect(output).toMatch(/error: environments\/production\/metadata\.json:1:\d+ .*bd/);
  });
});
