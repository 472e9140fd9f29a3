/** Runs work, a limited number at once; the rest waits in the order in which it came. */
export type Gate = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** @param most how many pieces of work may be under way at once */
export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (work) => {
    if (underWay >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else underWay += 1;
    try {
      return await work();
    } finally {
      // The place goes straight to the next in line.
      const next = waiting.shift();
      if (next) next();
      else underWay -= 1;
    }
  };
}
