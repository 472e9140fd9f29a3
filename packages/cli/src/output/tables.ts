import { colors } from "./colours.ts";
import { displayWidth, wrapText } from "./text-layout.ts";

const COLUMN_GAP = 2;
/** If less than this is left for the last column, its cells move to a line of their own. */
const MIN_LAST_COLUMN_WIDTH = 16;

/**
 * Formats left-aligned columns below a dimmed header. Cells are single lines. If the table is wider
 * than the terminal, the cells of the last column are wrapped at spaces.
 */
export function formatTable(
  header: string[],
  rows: string[][],
  width = Number.POSITIVE_INFINITY,
): string {
  const table = [header, ...rows].map((cells) => cells.map(singleLine));
  const widths = header.map((_, index) =>
    Math.max(...table.map((cells) => displayWidth(cells[index] ?? ""))),
  );
  const lastColumn = header.length - 1;
  const lastStart = widths.slice(0, lastColumn).reduce((sum, one) => sum + one + COLUMN_GAP, 0);
  const lines = table.map((cells) => {
    const leading = cells
      .slice(0, lastColumn)
      .map((cell, index) => padCell(cell, (widths[index] ?? 0) + COLUMN_GAP))
      .join("");
    const last = cells[lastColumn] ?? "";
    if (lastStart + displayWidth(last) <= width) return (leading + last).trimEnd();
    if (width - lastStart < MIN_LAST_COLUMN_WIDTH) {
      return `${wrapText(leading.trimEnd(), width, 4)}\n${wrapText(`    ${last}`, width)}`;
    }
    const indent = " ".repeat(lastStart);
    return leading + wrapText(last, width - lastStart).replaceAll("\n", `\n${indent}`);
  });
  const [head = "", ...body] = lines;
  return [colors.dim(head), ...body].join("\n");
}

/** Formats `name  value` pairs, one per line. Longer values continue in the column of the values. */
export function formatFields(pairs: [string, string][], width = Number.POSITIVE_INFINITY): string {
  const nameWidth = Math.max(...pairs.map(([name]) => displayWidth(name)));
  const valueStart = nameWidth + COLUMN_GAP;
  const indent = " ".repeat(valueStart);
  return pairs
    .map(([name, value]) => {
      const wrapped = wrapText(value, width - valueStart).replaceAll("\n", `\n${indent}`);
      return `${colors.dim(padCell(name, nameWidth))}  ${wrapped}`;
    })
    .join("\n");
}

function singleLine(cell: string): string {
  return cell.replaceAll(/\s*\n\s*/g, " ");
}

function padCell(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - displayWidth(cell)));
}
