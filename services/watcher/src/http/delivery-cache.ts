/** Remembers webhook deliveries, so that a replayed delivery has no effect. */
export interface DeliveryCache {
  /** Whether the delivery is new; remembers it. */
  isNew(delivery: string, now: Date): boolean;
}

/**
 * @param limits.forMs milliseconds for which a delivery is remembered
 * @param limits.entries maximum number of deliveries; the oldest is evicted first
 */
export function createDeliveryCache(limits: { forMs: number; entries: number }): DeliveryCache {
  // A map keeps insertion order, so the oldest entry is first.
  const seen = new Map<string, number>();
  return {
    isNew(delivery, now) {
      const time = now.getTime();
      for (const [oldest, at] of seen) {
        if (time - at < limits.forMs && seen.size < limits.entries) break;
        seen.delete(oldest);
      }
      if (seen.has(delivery)) return false;
      seen.set(delivery, time);
      return true;
    },
  };
}
