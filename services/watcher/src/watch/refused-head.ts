import { HonuaError } from "@honua/service-kit";

/** State is reminded of a lasting refusal, because an older commit may have ended it in between. */
const REMIND_EVERY_MS = 60_000;

interface Refusal {
  commit: string;
  error: HonuaError;
  /** Version of the trusted keys. Other keys may accept the same commit. */
  keys: string;
  recordedAt: Date;
}

/** Remembers why the head of an environment was refused, so that polls do not read it again. */
export class RefusedHead {
  readonly #keysVersion: () => string;
  readonly #now: () => Date;
  readonly #record: (commit: string, error: HonuaError) => Promise<void>;
  #refusal: Refusal | undefined;

  /**
   * @param deps.keysVersion changes when the trusted keys change
   * @param deps.record reports a refusal to state
   */
  constructor(deps: {
    keysVersion: () => string;
    now: () => Date;
    record: (commit: string, error: HonuaError) => Promise<void>;
  }) {
    this.#keysVersion = deps.keysVersion;
    this.#now = deps.now;
    this.#record = deps.record;
  }

  get exists(): boolean {
    return this.#refusal !== undefined;
  }

  clear() {
    this.#refusal = undefined;
  }

  /** @throws HonuaError if this commit was refused, and the trusted keys are still the same */
  async throwIfRefused(commit: string): Promise<void> {
    const refusal = this.#refusal;
    if (refusal?.commit !== commit || refusal.keys !== this.#keysVersion()) return;
    if (this.#now().getTime() - refusal.recordedAt.getTime() >= REMIND_EVERY_MS) {
      await this.#refuse(commit, refusal.error, refusal.keys);
    }
    throw refusal.error;
  }

  /** Runs work on a commit, and records a permanent error as the refusal of that commit. */
  async recordingRefusal<Result>(commit: string, work: () => Promise<Result>): Promise<Result> {
    // Read the version first: keys that change during the work were not used for it.
    const keys = this.#keysVersion();
    try {
      return await work();
    } catch (error) {
      if (error instanceof HonuaError && error.kind === "permanent") {
        await this.#refuse(commit, error, keys);
      }
      throw error;
    }
  }

  async #refuse(commit: string, error: HonuaError, keys: string) {
    await this.#record(commit, error);
    this.#refusal = { commit, error, keys, recordedAt: this.#now() };
  }
}
