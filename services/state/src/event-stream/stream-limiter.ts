import { type HttpProblem, httpProblem } from "@honua/service-kit";

/** The maximum numbers of concurrent event streams in this process. */
export interface StreamLimits {
  total: number;
  perSubject: number;
}

/** Counts the event streams of this process. */
export class StreamLimiter {
  readonly #limits: StreamLimits;
  readonly #openBySubject = new Map<string, number>();
  #open = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /**
   * Acquires a slot for a stream of the subject.
   *
   * @returns a function that releases the slot; repeated calls have no effect
   * @throws HttpProblem 429 if the subject has too many streams, 503 if the process has
   */
  acquire(subject: string): () => void {
    const own = this.#openBySubject.get(subject) ?? 0;
    if (own >= this.#limits.perSubject) {
      throw tooManyStreams(429, `'${subject}' already has ${own} open event streams. Close one.`);
    }
    if (this.#open >= this.#limits.total) {
      throw tooManyStreams(503, `${this.#open} event streams are open. Try again later.`);
    }
    this.#openBySubject.set(subject, own + 1);
    this.#open += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#release(subject);
    };
  }

  #release(subject: string): void {
    this.#open -= 1;
    const remaining = (this.#openBySubject.get(subject) ?? 1) - 1;
    if (remaining === 0) this.#openBySubject.delete(subject);
    else this.#openBySubject.set(subject, remaining);
  }
}

function tooManyStreams(status: number, detail: string): HttpProblem {
  return httpProblem("too-many-streams", detail, {
    status,
    title: "Too many event streams",
    headers: { "Retry-After": "10" },
  });
}
