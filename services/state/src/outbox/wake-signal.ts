/** A wait that ends early when somebody rings; a ring while nobody waits ends the next wait. */
export function createWakeSignal() {
  let pending = false;
  let closed = false;
  let end: (() => void) | undefined;
  let wakesEarly = true;
  const wait = (ms: number, early: boolean) =>
    new Promise<void>((resolve) => {
      if (closed || (early && pending)) {
        pending = false;
        return resolve();
      }
      wakesEarly = early;
      const timer = setTimeout(() => end?.(), ms);
      end = () => {
        clearTimeout(timer);
        end = undefined;
        pending = false;
        resolve();
      };
    });
  return {
    ring() {
      if (end && wakesEarly) end();
      else pending = true;
    },
    rung: (ms: number) => wait(ms, true),
    /** Waits out the time; only closing ends it early. */
    silence: (ms: number) => wait(ms, false),
    close() {
      closed = true;
      end?.();
    },
  };
}
