import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** A test that imports one of these starts a program or connects to a server. */
const PROGRAM_IMPORTS = new Set([
  "node:child_process",
  "@honua/testing/postgres",
  "playwright-core",
  "testcontainers",
]);
const TESTING_PACKAGE = "@honua/testing/";
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

/**
 * The test files that start no program: neither the test nor a test-support file that it imports,
 * directly or indirectly, imports one of `PROGRAM_IMPORTS`. Imports of product code do not count.
 *
 * @param root the root folder of the repository
 * @returns paths relative to the root
 */
export function findUnitTests(root: string): string[] {
  const patterns = ["{packages,services}/*/test/**/*.test.ts", "test/**/*.test.ts"];
  const found = new Map<string, boolean>();
  return globSync(patterns, { cwd: root })
    .filter((file) => !startsProgram(join(root, file)))
    .toSorted();

  function startsProgram(file: string): boolean {
    const known = found.get(file);
    if (known !== undefined) return known;
    found.set(file, false); // Ends the recursion if files import each other.
    const imports = [...readFileSync(file, "utf8").matchAll(IMPORT)].map(([, name = ""]) => name);
    const result = imports.some(
      (name) => PROGRAM_IMPORTS.has(name) || supportFiles(file, name).some(startsProgram),
    );
    found.set(file, result);
    return result;
  }

  function supportFiles(importer: string, name: string): string[] {
    const target = name.startsWith(TESTING_PACKAGE)
      ? join(root, "packages/testing/src", `${name.slice(TESTING_PACKAGE.length)}.ts`)
      : join(dirname(importer), name);
    const isTestSupport = /(^|\/)(test|packages\/testing\/src)\//.test(relative(root, target));
    const isFile = name.startsWith(".") || name.startsWith(TESTING_PACKAGE);
    return isFile && isTestSupport && existsSync(target) ? [target] : [];
  }
}
