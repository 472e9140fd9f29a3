import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Each source file and the source files that it imports, types included; paths from the root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** An import that runs against the declared order of folders. */
export interface UpwardImport {
  file: string;
  imported: string;
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/**
 * Reads the relative imports between the source files of a package or service: `import`,
 * `import type`, `export … from` and `import()`.
 *
 * @param root the root folder of the repository
 * @param folder the package or service, such as `services/state`
 */
export function readImportGraph(root: string, folder: string): ImportGraph {
  const files = globSync(`${folder}/src/**/*.ts`, { cwd: root }).toSorted();
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), "utf8").replace(COMMENT, "");
      const imported = Array.from(text.matchAll(IMPORT), ([, name = ""]) =>
        join(dirname(file), name),
      );
      return [file, [...new Set(imported)].filter((target) => known.has(target)).toSorted()];
    }),
  );
}

/**
 * The import cycles of a graph: its strongly connected components of several files, and files that
 * import themselves. Each component is reported once (Tarjan's algorithm).
 */
export function findImportCycles(graph: ImportGraph): string[][] {
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return cycles;

  function visit(file: string): void {
    const own = index.size;
    index.set(file, own);
    lowest.set(file, own);
    stack.push(file);
    for (const imported of graph.get(file) ?? []) {
      if (!index.has(imported)) visit(imported);
      if (stack.includes(imported)) {
        lowest.set(file, Math.min(lowest.get(file) ?? own, lowest.get(imported) ?? own));
      }
    }
    if (lowest.get(file) !== own) return;
    const component = stack.splice(stack.indexOf(file));
    const isCycle = component.length > 1 || graph.get(file)?.includes(file);
    if (isCycle) cycles.push(component.toSorted());
  }
}

/**
 * Finds imports of a file in one entry of the order by a file in a later entry. Files outside the
 * entries are ignored; see `findUnorderedEntries`.
 *
 * @param source the folder that the entries are in, such as `services/state/src`
 * @param order folders and files in `source`; each may import only those after it
 */
export function findUpwardImports(
  graph: ImportGraph,
  source: string,
  order: readonly string[],
): UpwardImport[] {
  const rankOf = (file: string) => order.indexOf(entryOf(source, file));
  return [...graph].flatMap(([file, imports]) =>
    imports
      .filter((imported) => rankOf(imported) >= 0 && rankOf(imported) < rankOf(file))
      .map((imported) => ({ file, imported })),
  );
}

/** The folders and files directly in `source` that the order does not name. */
export function findUnorderedEntries(
  graph: ImportGraph,
  source: string,
  order: readonly string[],
): string[] {
  const entries = new Set(Array.from(graph.keys(), (file) => entryOf(source, file)));
  return [...entries].filter((entry) => !order.includes(entry)).toSorted();
}

/** The folder or file directly in `source` that holds the file. */
export function entryOf(source: string, file: string): string {
  return file.slice(source.length + 1).split("/")[0] ?? "";
}
