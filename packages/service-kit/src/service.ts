/** A part of a process that is started once and stopped once. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The source of the current time. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
