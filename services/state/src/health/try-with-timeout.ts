/** Returns the value of `work`, or undefined if it fails or takes longer than `ms` milliseconds. */
export async function tryWithTimeout<Value>(
  ms: number,
  work: () => Promise<Value>,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work().catch(() => undefined), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
