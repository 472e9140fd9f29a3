import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGES = globSync(
  ["*.md", "docs/**/*.md", "bench/**/*.md", "examples/**/*.md", "{packages,services}/*/README.md"],
  { cwd: ROOT },
);
const READMES = PAGES.filter((page) => /^(?:packages|services)\//.test(page));
const FOLDERS = "packages|services|docs|test|bench|scripts|deploy|examples";
const NAMED_PATH = new RegExp(`^(?:${FOLDERS})/[\\w./*{},-]+$`);

const read = (page: string) => readFileSync(join(ROOT, page), "utf8");
/** Markdown without fenced code blocks. */
const proseOf = (page: string) => read(page).replace(/^```.*?^```$/gms, "");

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function brokenLinks(page: string): string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path ? normalize(join(dirname(page), path)) : page;
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

/** The words in backticks. */
function codeWordsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, text = ""]) => text.split(/\s+/));
}

/**
 * Paths in backticks, relative to the repository or to the folder of the page. `NNNN` and `NAME`
 * stand for many files.
 */
function missingPaths(page: string): string[] {
  const paths = codeWordsOf(page).filter(
    (word) => NAMED_PATH.test(word) && !/NNNN|NAME/.test(word),
  );
  const exists = (path: string, folder: string) =>
    globSync(path.replace(/\/$/, ""), { cwd: folder }).length > 0;
  return paths.filter((path) => !exists(path, ROOT) && !exists(path, join(ROOT, dirname(page))));
}

/** TypeScript files in backticks, with or without their folder, that exist nowhere in the package. */
function missingFiles(readme: string): string[] {
  const linked = new Set([...proseOf(readme).matchAll(/\[`([^`]+)`\]\(/g)].map(([, text]) => text));
  const words = codeWordsOf(readme).filter((word) => !linked.has(word) && !NAMED_PATH.test(word));
  const files = words.filter((word) => /^[\w-]+(?:\/[\w-]+)*\.tsx?$/.test(word));
  return files.filter((file) => {
    const cwd = join(ROOT, dirname(readme));
    return globSync([file, `{src,test}/**/${file}`], { cwd }).length === 0;
  });
}

/** Folders of the sources that a README does not list, as `name/` or `src/name`. */
function unlistedFolders(readme: string): string[] {
  const cwd = join(ROOT, dirname(readme), "src");
  const folders = globSync("*", { cwd, withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const words = codeWordsOf(readme);
  return folders
    .map(({ name }) => name)
    .filter((name) => !words.some((word) => word === `${name}/` || word === `src/${name}`));
}

describe("the documentation", () => {
  it.each(PAGES)("%s has no broken link", (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it.each(PAGES)("%s names only paths that exist", (page) => {
    expect(missingPaths(page)).toEqual([]);
  });

  it.each(READMES)("%s lists the folders of the sources", (readme) => {
    expect(unlistedFolders(readme)).toEqual([]);
  });

  it.each(READMES)("%s names only files that exist", (readme) => {
    expect(missingFiles(readme)).toEqual([]);
  });

  it("links every page from the table of contents", () => {
    const contents = [...read("docs/README.md").matchAll(/\]\(([^)#\s]+)/g)].map(([, link = ""]) =>
      normalize(join("docs", link)),
    );
    const pages = PAGES.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
    const isLinked = (page: string) =>
      contents.some((target) =>
        isFolder(target) ? page.startsWith(`${target}/`) : page === target,
      );
    expect(pages.filter((page) => !isLinked(page))).toEqual([]);
  });

  it("gives every decision its own number, a status and a date", () => {
    const decisions = PAGES.filter((page) => page.startsWith("docs/adr/"));
    const numbers = decisions.map((page) => page.slice("docs/adr/".length, "docs/adr/NNNN".length));
    expect(new Set(numbers).size).toBe(decisions.length);
    for (const page of decisions) {
      expect(read(page), page).toMatch(
        /^# \d+\. .+\n\n- Status: (accepted|superseded.*)\n- Date: \d{4}-\d{2}-\d{2}/,
      );
    }
  });
});

function isFolder(path: string): boolean {
  return existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isDirectory();
}
