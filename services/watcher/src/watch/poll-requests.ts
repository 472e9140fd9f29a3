import type { HonuaError } from "@honua/service-kit";
import type { Outcome } from "./environment-watch.ts";

/** A request for a poll before the next one is due. */
export interface PollRequest {
  trigger: "poll" | "webhook";
  /** Environment whose head is published again even if it is unchanged. */
  force?: string;
  /** Publishes the head of an environment for a plan only. */
  dryRun?: { environment: string; requestId: string; requestedBy: string };
}

/** The head of an environment, and what the poll did about it. */
export interface PolledHead {
  commit: string;
  outcome: Outcome;
}

/** Results of a poll by environment; empty if the watcher stops before the poll. */
export type PollResults = ReadonlyMap<string, PolledHead | HonuaError>;

type WaitingRequest = PollRequest & { resolve: (results: PollResults) => void };

/** Collects requests for a poll; one poll serves all requests that were waiting for it. */
export class PollRequests {
  #waiting: WaitingRequest[] = [];
  #onRequest = () => {};

  add(request: PollRequest): Promise<PollResults> {
    return new Promise((resolve) => {
      this.#waiting.push({ ...request, resolve });
      this.#onRequest();
    });
  }

  takeAll(): PollBatch {
    return new PollBatch(this.#waiting.splice(0));
  }

  /**
   * Waits for a request.
   *
   * @param forMs milliseconds to wait at most
   * @param signal ends the wait when it aborts
   */
  async wait(forMs: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, forMs);
      signal.addEventListener("abort", end);
      this.#onRequest = end;
    });
    this.#onRequest = () => {};
  }
}

/** The requests that one poll serves. */
export class PollBatch {
  readonly #requests: readonly WaitingRequest[];

  constructor(requests: readonly WaitingRequest[]) {
    this.#requests = requests;
  }

  /** Whether there are requests, and all of them ask for a plan only. */
  get asksForPlansOnly(): boolean {
    return this.#requests.length > 0 && this.#requests.every(({ dryRun }) => dryRun);
  }

  get trigger(): PollRequest["trigger"] {
    return this.#requests.some(({ trigger }) => trigger === "webhook") ? "webhook" : "poll";
  }

  forces(environment: string): boolean {
    return this.#requests.some(({ force }) => force === environment);
  }

  dryRunsOf(environment: string): NonNullable<PollRequest["dryRun"]>[] {
    return this.#requests.flatMap(({ dryRun }) =>
      dryRun?.environment === environment ? [dryRun] : [],
    );
  }

  resolve(results: PollResults) {
    for (const { resolve } of this.#requests) resolve(results);
  }
}
