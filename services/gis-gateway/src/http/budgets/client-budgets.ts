import type { StatementOwner } from "@honua/pg-raw";
import { type HttpProblem, httpProblem, type Log } from "@honua/service-kit";
import { budgetKey } from "./client-address.ts";
import {
  type Bucket,
  type BucketRate,
  fullBucket,
  millisecondsUntilAvailable,
  spend,
} from "./token-bucket.ts";

/** Limits of one client in one process. */
export interface ClientLimits {
  requestsInFlight: number;
  openCursors: number;
  /** Features in responses. */
  rows: BucketRate;
  /** Bytes on the wire. */
  bytes: BucketRate;
  /** Seconds during which statements occupy connections to a database. */
  statementSeconds: BucketRate;
  /** True for an address whose rows, bytes and statement seconds are not counted. */
  isUnmetered: (address: string) => boolean;
}

/** Budgets of all clients of this process. */
export interface ClientBudgets {
  /**
   * Admits a request of a client. Call `endRequest` of the account when the response has ended.
   *
   * @throws HttpProblem 429 when the client has exceeded a budget
   */
  admitRequest(address: string): ClientAccount;
  /** Number of tracked clients. */
  trackedClients(): number;
}

/** Usage of one client. Each client has one account, which also identifies the client. */
export interface ClientAccount extends StatementOwner {
  addRows(rows: number): void;
  /** @param bytes sent for the request */
  endRequest(bytes: number): void;
}

/** Maximum number of tracked clients. The least recently used is evicted first. */
const MAX_CLIENTS = 10_000;
/** Seconds after which a client with too many concurrent requests or cursors may retry. */
const RETRY_SECONDS = 2;
/** Minimum milliseconds between two log lines about the same client. */
const LOG_INTERVAL_MS = 60_000;

/** @param options.now milliseconds of a monotonic clock */
export function createClientBudgets(options: {
  limits: ClientLimits;
  log: Pick<Log, "warn">;
  now?: () => number;
  maxClients?: number;
}): ClientBudgets {
  const { limits, log, now = () => performance.now(), maxClients = MAX_CLIENTS } = options;
  /** In the order of use, because a map keeps the order of insertion. */
  const accounts = new Map<string, Account>();
  let newest: Account | undefined;

  return {
    admitRequest(address) {
      const key = budgetKey(address);
      const account = accounts.get(key) ?? new Account(address, { limits, log, now });
      if (account !== newest) {
        accounts.delete(key);
        accounts.set(key, account);
        newest = account;
        if (accounts.size > maxClients) evictOldest();
      }
      account.enter();
      return account;
    },
    trackedClients: () => accounts.size,
  };

  /** Prefers an idle client among the oldest 16, because an active one would lose its usage. */
  function evictOldest(): void {
    let oldest: string | undefined;
    let examinedCount = 0;
    for (const [key, account] of accounts) {
      oldest ??= key;
      examinedCount += 1;
      if (account.isIdle()) oldest = key;
      if (account.isIdle() || examinedCount === 16) break;
    }
    if (oldest !== undefined) accounts.delete(oldest);
  }
}

class Account implements ClientAccount {
  readonly #address: string;
  readonly #limits: ClientLimits;
  readonly #log: Pick<Log, "warn">;
  readonly #now: () => number;
  readonly #isMetered: boolean;
  #requests = 0;
  #cursors = 0;
  #rows: Bucket;
  #bytes: Bucket;
  #statementSeconds: Bucket;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    address: string,
    { limits, log, now }: { limits: ClientLimits; log: Pick<Log, "warn">; now: () => number },
  ) {
    this.#address = address;
    this.#limits = limits;
    this.#log = log;
    this.#now = now;
    this.#isMetered = !limits.isUnmetered(address);
    const at = now();
    this.#rows = fullBucket(limits.rows, at);
    this.#bytes = fullBucket(limits.bytes, at);
    this.#statementSeconds = fullBucket(limits.statementSeconds, at);
  }

  isIdle(): boolean {
    return this.#requests === 0 && this.#cursors === 0;
  }

  /** @throws HttpProblem 429 */
  enter(): void {
    const { requestsInFlight, rows, bytes, statementSeconds } = this.#limits;
    if (this.#requests >= requestsInFlight) {
      throw this.#refusal(`${requestsInFlight} concurrent requests`, RETRY_SECONDS);
    }
    // A bucket that had tokens at the last update still has some, so the clock need not be read.
    if (this.#rows.tokens <= 0) this.#checkBucket(this.#rows, rows, "features");
    if (this.#bytes.tokens <= 0) this.#checkBucket(this.#bytes, bytes, "bytes");
    if (this.#statementSeconds.tokens <= 0) {
      this.#checkBucket(this.#statementSeconds, statementSeconds, "seconds of database time");
    }
    this.#requests += 1;
  }

  endRequest(bytes: number): void {
    this.#requests -= 1;
    if (!this.#isMetered) return;
    this.#bytes = spend(this.#bytes, this.#limits.bytes, bytes, this.#now());
  }

  addRows(rows: number): void {
    if (!this.#isMetered) return;
    this.#rows = spend(this.#rows, this.#limits.rows, rows, this.#now());
  }

  addStatementMs(milliseconds: number): void {
    if (!this.#isMetered) return;
    const { statementSeconds } = this.#limits;
    const cost = milliseconds / 1_000;
    this.#statementSeconds = spend(this.#statementSeconds, statementSeconds, cost, this.#now());
  }

  openCursor(): () => void {
    const { openCursors } = this.#limits;
    if (this.#cursors >= openCursors) {
      throw this.#refusal(`${openCursors} concurrent long responses`, RETRY_SECONDS);
    }
    this.#cursors += 1;
    let isOpen = true;
    return () => {
      if (isOpen) this.#cursors -= 1;
      isOpen = false;
    };
  }

  #checkBucket(bucket: Bucket, rate: BucketRate, unit: string): void {
    const wait = millisecondsUntilAvailable(bucket, rate, this.#now());
    if (wait === 0) return;
    throw this.#refusal(`${rate.perSecond} ${unit} per second`, Math.ceil(wait / 1_000));
  }

  #refusal(budget: string, retrySeconds: number): HttpProblem {
    const now = this.#now();
    if (now - this.#loggedAt > LOG_INTERVAL_MS) {
      this.#loggedAt = now;
      // Behind an untrusted proxy, all clients have the address of the proxy.
      this.#log.warn({ client: this.#address, budget }, "A client exceeded its budget");
    }
    return httpProblem(
      "client-budget-exceeded",
      `One client may use ${budget}. Send the request again later.`,
      { headers: { "Retry-After": String(retrySeconds) } },
    );
  }
}
