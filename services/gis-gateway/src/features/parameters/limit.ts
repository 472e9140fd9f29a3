import type { PageLimits } from "../../layer/page-limits.ts";
import { parameterProblem } from "./parameter-problem.ts";

/**
 * Reads `limit`; what is beyond the maximum becomes the maximum (Part 1, 7.15.2).
 *
 * @throws HttpProblem 400 unless it is a positive whole number
 */
export function parseLimit(text: string | undefined, limits: PageLimits): number {
  if (text === undefined) return limits.default;
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0) {
    throw parameterProblem("limit", `a whole number from 1 to ${limits.max}`);
  }
  return Math.min(Number(text), limits.max);
}

/** The last feature that can be skipped to; PostgreSQL reads and drops all before it. */
const MAX_OFFSET = 1_000_000_000;

/** @throws HttpProblem 400 unless it is a whole number */
export function parseOffset(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,10}$/.test(text) || Number(text) > MAX_OFFSET) {
    throw parameterProblem("offset", `a whole number from 0 to ${MAX_OFFSET}`);
  }
  return Number(text);
}
