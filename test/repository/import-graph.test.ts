import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  findImportCycles,
  findUnorderedEntries,
  findUpwardImports,
  readImportGraph,
} from "../../scripts/import-graph.ts";

const FOLDER = "services/example";
const SOURCE = `${FOLDER}/src`;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "honua-imports-"));
  await writeSource("main.ts", 'import { serve } from "./api/serve.ts";\nserve();\n');
  await writeSource(
    "api/serve.ts",
    'import type { Row } from "../sql/row.ts";\nexport const serve = (_row?: Row) => undefined;\n',
  );
  await writeSource(
    "sql/row.ts",
    '/* import "../api/serve.ts"; */\n// from "../api/serve.ts"\nexport interface Row {}\n',
  );
});

afterAll(() => rm(root, { recursive: true }));

describe("readImportGraph", () => {
  it("includes type imports, and ignores comments", () => {
    expect(graphOf()).toEqual({
      "main.ts": ["api/serve.ts"],
      "api/serve.ts": ["sql/row.ts"],
      "sql/row.ts": [],
    });
  });

  it("includes re-exports and dynamic imports", async () => {
    await writeSource(
      "extra.ts",
      'export * from "./api/serve.ts";\nexport const load = () => import("./sql/row.ts");\n',
    );
    expect(graphOf()["extra.ts"]).toEqual(["api/serve.ts", "sql/row.ts"]);
    await rm(join(root, SOURCE, "extra.ts"));
  });
});

describe("findImportCycles", () => {
  it("finds no cycle in files that share an import", () => {
    const graph = new Map([
      ["a", ["b", "c"]],
      ["b", ["c"]],
      ["c", []],
    ]);
    expect(findImportCycles(graph)).toEqual([]);
  });

  it("reports each cycle once, without the files that only lead to it", () => {
    const graph = new Map([
      ["start", ["a"]],
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["a", "end"]],
      ["end", []],
      ["x", ["y"]],
      ["y", ["x"]],
    ]);
    expect(findImportCycles(graph)).toEqual([
      ["a", "b", "c"],
      ["x", "y"],
    ]);
  });

  it("reports a file that imports itself", () => {
    expect(findImportCycles(new Map([["a", ["a"]]]))).toEqual([["a"]]);
  });
});

describe("findUpwardImports", () => {
  const order = ["main.ts", "api", "sql"];

  it("accepts imports of later entries and of the same entry", () => {
    const graph = new Map([
      [`${SOURCE}/main.ts`, [`${SOURCE}/sql/row.ts`]],
      [`${SOURCE}/sql/row.ts`, [`${SOURCE}/sql/value.ts`]],
      [`${SOURCE}/sql/value.ts`, []],
    ]);
    expect(findUpwardImports(graph, SOURCE, order)).toEqual([]);
  });

  it("reports an import of an earlier entry", () => {
    const file = `${SOURCE}/sql/row.ts`;
    const imported = `${SOURCE}/api/serve.ts`;
    const graph = new Map([
      [file, [imported]],
      [imported, []],
    ]);
    expect(findUpwardImports(graph, SOURCE, order)).toEqual([{ file, imported }]);
  });
});

describe("findUnorderedEntries", () => {
  it("reports folders and files that the order does not name", () => {
    const files = ["main.ts", "new/file.ts", "other.ts"].map((file) => `${SOURCE}/${file}`);
    const graph = new Map(files.map((file) => [file, []]));
    expect(findUnorderedEntries(graph, SOURCE, ["main.ts"])).toEqual(["new", "other.ts"]);
  });
});

function graphOf(): Record<string, string[]> {
  const withoutSource = (file: string) => file.slice(SOURCE.length + 1);
  return Object.fromEntries(
    [...readImportGraph(root, FOLDER)].map(([file, imports]) => [
      withoutSource(file),
      imports.map(withoutSource),
    ]),
  );
}

async function writeSource(file: string, text: string): Promise<void> {
  const path = join(root, SOURCE, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
