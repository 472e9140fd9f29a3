/** Milliseconds without progress after which a batch has stalled. */
const STALLED_MS = 100;

/**
 * Calls `onStall` once if a count has not changed for a while. Bytes that have already arrived are read
 * first, because a busy process can be late itself.
 *
 * @returns a function that ends the watch
 */
export function watchForStall(count: () => number, onStall: () => void): () => void {
  let hasEnded = false;
  let seen = count();
  const check = () => {
    if (hasEnded) return;
    if (count() === seen) return onStall();
    seen = count();
    timer = planCheck();
  };
  const planCheck = () => setTimeout(() => setImmediate(check), STALLED_MS);
  let timer = planCheck();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}
