import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { RETIRED_WORDS } from "./retired-words.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** These files name the retired words to explain them. */
const EXPLANATIONS = new Set([
  "docs/glossary.md",
  "docs/adr/0017-names-and-words.md",
  "test/repository/retired-words.ts",
]);
const FILES = globSync(
  [
    "*.{md,ts,yml}",
    "{docs,scripts,bench,deploy,examples,test}/**/*.{md,ts,mjs,sh,yml,yaml}",
    "{packages,services}/*/{src,test,scripts,templates,browser,bin}/**/*.{md,ts,mjs,js,yml}",
    "{packages,services}/*/README.md",
  ],
  { cwd: ROOT, exclude: ["**/node_modules/**"] },
).filter((file) => !EXPLANATIONS.has(file));

const lines = FILES.flatMap((file) => [
  { place: file, text: file },
  ...readFileSync(join(ROOT, file), "utf8")
    .split("\n")
    .map((text, index) => ({ place: `${file}:${index + 1}`, text })),
]);

it.each(Object.entries(RETIRED_WORDS))("'%s' does not return (now: %s)", (word) => {
  const whole = new RegExp(`(?<![\\w-])${escapeRegExp(word)}(?![\\w-])`);
  const found = lines.filter(({ text }) => whole.test(text)).map(({ place }) => place);
  expect(found).toEqual([]);
});

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
