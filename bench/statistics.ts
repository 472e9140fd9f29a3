/** The percentile of the samples for a share between 0 and 1, by the nearest-rank method. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** Formats samples in milliseconds as `p50 12 ms   p99 40 ms   max 52 ms`. */
export function summarise(samples: readonly number[]): string {
  const p50 = percentile(samples, 0.5).toFixed(0);
  const p99 = percentile(samples, 0.99).toFixed(0);
  return `p50 ${p50.padStart(5)} ms   p99 ${p99.padStart(5)} ms   max ${Math.max(...samples)
    .toFixed(0)
    .padStart(5)} ms`;
}
