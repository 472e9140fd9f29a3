import { stripVTControlCharacters } from "node:util";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Scripts and symbols that terminals show two columns wide (Unicode East Asian Width W and F). */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

/** Number of terminal columns that the text takes, without the escape sequences of colours. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) {
    width += graphemeWidth(segment);
  }
  return width;
}

/**
 * Shortens uncoloured text to `maxWidth` terminal columns and marks the cut with `…`. It never cuts
 * inside a surrogate pair, an emoji or a letter with combining marks.
 */
export function truncateText(text: string, maxWidth: number): string {
  if (displayWidth(text) <= maxWidth) return text;
  let kept = "";
  let width = 1;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > maxWidth) break;
    kept += segment;
  }
  return maxWidth < 1 ? "" : `${kept.trimEnd()}…`;
}

/**
 * Breaks lines at spaces so that none is wider than `width` columns. A line keeps its indentation;
 * its continuation lines are indented by `continuation` spaces more. A word is never broken.
 */
export function wrapText(text: string, width: number, continuation = 0): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, width, continuation))
    .join("\n");
}

function wrapLine(line: string, width: number, continuation: number): string {
  if (displayWidth(line) <= width) return line;
  const [indent = ""] = /^ */.exec(line) ?? [];
  const [first = "", ...words] = line.slice(indent.length).split(" ");
  const lines: string[] = [];
  let current = indent + first;
  for (const word of words) {
    if (displayWidth(current) + 1 + displayWidth(word) <= width) {
      current += ` ${word}`;
      continue;
    }
    lines.push(current.trimEnd());
    current = indent + " ".repeat(continuation) + word;
  }
  return [...lines, current].join("\n");
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme) || grapheme.includes("\ufe0f")) return 2;
  return /^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(grapheme) ? 0 : 1;
}
