/** How fast a bucket fills, and how much it holds. */
export interface BucketRate {
  /** Tokens per second. */
  perSecond: number;
  /** Tokens of a full bucket. */
  burst: number;
}

/**
 * A token bucket whose costs are only known afterwards: a request is admitted while there are tokens,
 * and its cost is subtracted when it has ended. The number of tokens may therefore be negative, and
 * the next request waits until the debt is paid.
 */
export interface Bucket {
  readonly tokens: number;
  /** The moment of `tokens`, in milliseconds of a monotonic clock. */
  readonly at: number;
}

export function fullBucket({ burst }: BucketRate, now: number): Bucket {
  return { tokens: burst, at: now };
}

/** The bucket at a later moment; an earlier moment changes nothing. */
export function refill(
  { tokens, at }: Bucket,
  { perSecond, burst }: BucketRate,
  now: number,
): Bucket {
  if (now <= at) return { tokens, at };
  return { tokens: Math.min(burst, tokens + ((now - at) / 1_000) * perSecond), at: now };
}

/** @param cost tokens, not negative */
export function spend(bucket: Bucket, rate: BucketRate, cost: number, now: number): Bucket {
  const { tokens, at } = refill(bucket, rate, now);
  return { tokens: tokens - cost, at };
}

/** Milliseconds from `now` until the bucket has tokens again; 0 while it has some. */
export function millisecondsUntilAvailable(bucket: Bucket, rate: BucketRate, now: number): number {
  const { tokens } = refill(bucket, rate, now);
  if (tokens > 0) return 0;
  return Math.max(1, Math.ceil((-tokens / rate.perSecond) * 1_000));
}
