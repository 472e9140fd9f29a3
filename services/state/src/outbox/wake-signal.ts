/** A timed wait that `wake` can end early. A wake while nothing is waiting ends the next wait. */
export interface WakeSignal {
  /** Ends the current `waitForWake`, or the next one if none is in progress. */
  wake(): void;
  /** Waits until `wake` is called or `ms` milliseconds have passed. */
  waitForWake(ms: number): Promise<void>;
  /** Waits `ms` milliseconds. Only `close` ends this wait early. */
  waitUninterrupted(ms: number): Promise<void>;
  /** Ends the current wait and all later ones immediately. */
  close(): void;
}

export function createWakeSignal(): WakeSignal {
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
    wake() {
      if (end && wakesEarly) end();
      else pending = true;
    },
    waitForWake: (ms) => wait(ms, true),
    waitUninterrupted: (ms) => wait(ms, false),
    close() {
      closed = true;
      end?.();
    },
  };
}
