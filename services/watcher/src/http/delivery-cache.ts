/** Remembers deliveries, so that one that is sent again has no effect. */
export interface ReplayMemory {
  /** Whether this is the first time; remembers it. */
  isNew(delivery: string, now: Date): boolean;
}

/**
 * @param limits.forMs milliseconds that a delivery is remembered
 * @param limits.entries deliveries at most; the oldest is forgotten first
 */
export function createReplayMemory(limits: { forMs: number; entries: number }): ReplayMemory {
  // A map keeps the order in which entries came, which is that of their age.
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
