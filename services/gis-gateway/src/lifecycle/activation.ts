import type { GatewayStatus, Problem } from "@honua/contracts";
import {
  abortableDelay,
  asHonuaError,
  backoffDelay,
  type Log,
  messageOf,
  TransientError,
} from "@honua/service-kit";
import type { LoadedRelease } from "../release/load-release.ts";
import type { PreparedReleases } from "./prepared-releases.ts";
import type { ReleaseCopy } from "./release-copy.ts";
import type { Serving } from "./serving.ts";

/** Activates the desired release, and retries with backoff while it cannot. */
export interface Activation {
  setDesired(digest: string): void;
  /** Waits until the current activation has finished. */
  settled(): Promise<void>;
  /** The reason why the desired release is not served, or null. */
  error(): GatewayStatus["activationError"];
  stop(): Promise<void>;
}

const RETRY_BACKOFF = { baseMs: 1_000, maxMs: 30_000 };

export function createActivation(deps: {
  prepared: PreparedReleases;
  serving: Serving;
  copy: ReleaseCopy;
  log: Log;
  /** Called after each change of the served release or of the error. */
  onChange: () => void;
  /** Called with each activated release. */
  onActivated: (loaded: LoadedRelease) => void;
}): Activation {
  const { prepared, serving, copy, log } = deps;
  let desired: string | undefined;
  let error: GatewayStatus["activationError"] = null;
  let activating: Promise<void> | undefined;
  let delayAbort = new AbortController();
  let stopped = false;

  return {
    setDesired(digest) {
      if (digest !== desired) delayAbort.abort();
      desired = digest;
      if (!stopped) activating ??= activateDesired().finally(() => (activating = undefined));
    },
    settled: async () => activating,
    error: () => error,
    async stop() {
      stopped = true;
      delayAbort.abort();
      await activating;
    },
  };

  async function activateDesired(): Promise<void> {
    for (let attempt = 1; !stopped; attempt += 1) {
      const digest = desired;
      if (digest === undefined || digest === serving.current()?.document.digest)
        return setError(null);
      delayAbort = new AbortController();
      const problems = await activate(digest);
      if (problems.length === 0) {
        attempt = 0;
        continue;
      }
      setError({ release: digest, problems });
      log.warn(
        { release: digest, problems },
        `Cannot activate the release: ${problems[0]?.message}`,
      );
      await abortableDelay(backoffDelay(attempt, RETRY_BACKOFF), delayAbort.signal);
      if (digest !== desired) attempt = 0;
    }
  }

  function setError(outcome: GatewayStatus["activationError"]): void {
    if (outcome === error) return;
    error = outcome;
    deps.onChange();
  }

  /** Returns the problems that prevent activation; empty if the release is now served. */
  async function activate(digest: string): Promise<Problem[]> {
    try {
      log.info({ release: digest }, "Reloading metadata registry from updated configuration");
      const loaded = await acquirePrepared(digest);
      if (loaded.problems.length > 0) return loaded.problems;
      serving.swap(loaded);
      error = null;
      deps.onActivated(loaded);
      // Saved before it is reported: a restart must not serve a release older than the reported one.
      await saveCopy(loaded);
      deps.onChange();
      const { services } = loaded.document.release;
      log.info(
        { release: digest, collections: loaded.active.collections.size },
        `Successfully reloaded metadata registry with ${services.length} services`,
      );
      return [];
    } catch (cause) {
      const { code, message } = asHonuaError(cause);
      return [{ code, message: message || code }];
    }
  }

  async function acquirePrepared(digest: string): Promise<LoadedRelease> {
    const ready = prepared.acquire(digest);
    if (ready) return ready;
    const loaded = await prepared.prepare(digest);
    const taken = prepared.acquire(digest);
    if (taken || loaded.problems.length > 0) return taken ?? loaded;
    throw new TransientError("stopping", "The gateway is stopping.");
  }

  async function saveCopy({ document }: LoadedRelease): Promise<void> {
    try {
      await copy.save(document);
    } catch (cause) {
      log.error(
        { err: cause },
        `Could not save the active release to disk, so a restart needs the message bus: ${messageOf(cause)}`,
      );
    }
  }
}
