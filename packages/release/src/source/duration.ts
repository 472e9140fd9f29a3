const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Parses a duration of a policy: `30s`, `10m`, `4h`, `7d`.
 *
 * @returns seconds; undefined if the text is not a duration above zero
 */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})(s|m|h|d)$/.exec(text.trim());
  const unit = SECONDS[match?.[2] ?? ""];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}
