import type { PageLimits } from "../../layer/page-limits.ts";
import { parameterProblem } from "./parameter-problem.ts";

/**
 * Parses `limit`. A number above the maximum is reduced to the maximum (Part 1, 7.15.2).
 *
 * @throws HttpProblem 400 unless it is a positive integer
 */
export function parseLimit(text: string | undefined, limits: PageLimits): number {
  if (text === undefined) return limits.default;
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0) {
    throw parameterProblem("limit", `expected an integer from 1 to ${limits.max}`);
  }
  return Math.min(Number(text), limits.max);
}

/** Maximum offset. PostgreSQL reads and discards all features before it. */
const MAX_OFFSET = 1_000_000_000;

/** Parses `offset`. @throws HttpProblem 400 unless it is an integer from 0 to the maximum */
export function parseOffset(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,10}$/.test(text) || Number(text) > MAX_OFFSET) {
    throw parameterProblem("offset", `expected an integer from 0 to ${MAX_OFFSET}`);
  }
  return Number(text);
}
