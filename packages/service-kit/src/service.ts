/** A part of a process that can be started once and stopped once. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Where the current time comes from. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
