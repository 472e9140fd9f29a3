interface Decimal {
  readonly negative: boolean;
  /** Significant digits without zeros at either end; empty for zero. */
  readonly digits: string;
  /** The value is `digits` × 10^exponent. */
  readonly exponent: number;
}

const SHORT = /^-?(?=.{1,16}$)\d{1,15}(?:\.\d+)?$/;

/**
 * The canonical text of a number. If a double represents the number exactly, it is the text of
 * ECMAScript (`1.0` → `1`, `1E3` → `1000`), otherwise all digits in plain notation. Minus zero is zero.
 *
 * @returns undefined if the text is not a number (OGC 21-065r2, Annex B, `numericLiteral`) or is outside
 *   the range of a double, because PostgreSQL could not compare it with a double precision column
 */
export function canonicalNumber(source: string): string | undefined {
  // A double represents 15 digits exactly, so that short numbers without an exponent are simple.
  if (SHORT.test(source)) return String(Number(source) || 0);
  const decimal = readDecimal(source);
  if (decimal === undefined) return undefined;
  if (decimal.digits === "") return "0";
  const value = Number(source);
  if (!Number.isFinite(value) || value === 0) return undefined;
  const shortest = String(value);
  const double = readDecimal(shortest);
  const exact = double?.digits === decimal.digits && double.exponent === decimal.exponent;
  return exact ? shortest : writePlain(decimal);
}

/** True if a canonical number is an integer in the range of a PostgreSQL bigint. */
export function isBigint(text: string): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text);
  return value === BigInt.asIntN(64, value);
}

function readDecimal(source: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(source);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const all = whole + fraction;
  let [start, end] = [0, all.length];
  while (start < end && all[start] === "0") start += 1;
  while (end > start && all[end - 1] === "0") end -= 1;
  return {
    negative: sign === "-",
    digits: all.slice(start, end),
    exponent: Number(power) - fraction.length + (all.length - end),
  };
}

/** The range of a double is checked before, so that the text has at most 324 zeros. */
function writePlain({ negative, digits, exponent }: Decimal): string {
  const sign = negative ? "-" : "";
  if (exponent >= 0) return sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
