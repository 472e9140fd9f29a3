/** Refill rate and capacity of a bucket. */
export interface BucketRate {
  /** Tokens per second. */
  perSecond: number;
  /** Capacity in tokens. */
  burst: number;
}

/**
 * A token bucket for costs that are only known afterwards. A request is admitted while the bucket has
 * tokens, and its cost is subtracted when the request ends. The number of tokens can therefore become
 * negative. Further requests are rejected until the bucket has tokens again.
 */
export interface Bucket {
  readonly tokens: number;
  /** Time of `tokens`, in milliseconds of a monotonic clock. */
  readonly at: number;
}

export function fullBucket({ burst }: BucketRate, now: number): Bucket {
  return { tokens: burst, at: now };
}

/** Refills a bucket up to `now`. A time before the last update changes nothing. */
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

/** Milliseconds from `now` until the bucket has tokens; 0 if it has some. */
export function millisecondsUntilAvailable(bucket: Bucket, rate: BucketRate, now: number): number {
  const { tokens } = refill(bucket, rate, now);
  if (tokens > 0) return 0;
  return Math.max(1, Math.ceil((-tokens / rate.perSecond) * 1_000));
}
