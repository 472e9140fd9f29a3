import type { GatewayStatus, Problem } from "@honua/contracts";
import {
  asHonuaError,
  backoffDelay,
  type Log,
  messageOf,
  TransientError,
} from "@honua/service-kit";
import type { LoadedRelease } from "../release/load-release.ts";
import { pause } from "./pause.ts";
import type { PreparedReleases } from "./prepared-releases.ts";
import type { ReleaseCopy } from "./release-copy.ts";
import type { Serving } from "./serving.ts";

/** Brings what is served to what is desired, and keeps trying while it cannot. */
export interface Activation {
  desire(digest: string): void;
  /** Waits until what is desired is served. */
  settled(): Promise<void>;
  /** Why the desired release is not served; null while nothing is wrong. */
  error(): GatewayStatus["activationError"];
  stop(): Promise<void>;
}

const RETRY = { baseMs: 1_000, maxMs: 30_000 };

export function createActivation(deps: {
  prepared: PreparedReleases;
  serving: Serving;
  copy: ReleaseCopy;
  log: Log;
  /** Called after each change of what is served or of the error. */
  onChange: () => void;
  /** Called with each release that starts to be served. */
  onActivated: (loaded: LoadedRelease) => void;
}): Activation {
  const { prepared, serving, copy, log } = deps;
  let desired: string | undefined;
  let error: GatewayStatus["activationError"] = null;
  let working: Promise<void> | undefined;
  let waiting = new AbortController();
  let stopped = false;

  return {
    desire(digest) {
      if (digest !== desired) waiting.abort();
      desired = digest;
      if (!stopped) working ??= converge().finally(() => (working = undefined));
    },
    settled: async () => working,
    error: () => error,
    async stop() {
      stopped = true;
      waiting.abort();
      await working;
    },
  };

  async function converge(): Promise<void> {
    for (let attempt = 1; !stopped; attempt += 1) {
      const digest = desired;
      if (digest === undefined || digest === serving.current()?.document.digest)
        return settle(null);
      waiting = new AbortController();
      const problems = await activate(digest);
      if (problems.length === 0) {
        attempt = 0;
        continue;
      }
      settle({ release: digest, problems });
      log.warn(
        { release: digest, problems },
        `Cannot activate the release: ${problems[0]?.message}`,
      );
      await pause(backoffDelay(attempt, RETRY), waiting.signal);
      if (digest !== desired) attempt = 0;
    }
  }

  function settle(outcome: GatewayStatus["activationError"]): void {
    if (outcome === error) return;
    error = outcome;
    deps.onChange();
  }

  /** Gives what stands in the way; nothing when the release is now served. */
  async function activate(digest: string): Promise<Problem[]> {
    try {
      log.info({ release: digest }, "Reloading metadata registry from updated configuration");
      const loaded = await takePrepared(digest);
      if (loaded.problems.length > 0) return loaded.problems;
      serving.swap(loaded);
      error = null;
      deps.onActivated(loaded);
      // Before it is reported: after a restart nothing older than what was reported may be served.
      await keepCopy(loaded);
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

  async function takePrepared(digest: string): Promise<LoadedRelease> {
    const ready = prepared.take(digest);
    if (ready) return ready;
    const loaded = await prepared.prepare(digest);
    const taken = prepared.take(digest);
    if (taken || loaded.problems.length > 0) return taken ?? loaded;
    throw new TransientError("stopping", "the gateway is stopping");
  }

  async function keepCopy({ document }: LoadedRelease): Promise<void> {
    try {
      await copy.save(document);
    } catch (cause) {
      log.error(
        { err: cause },
        `The active release could not be kept on disk, so that a restart needs the message bus: ${messageOf(cause)}`,
      );
    }
  }
}
