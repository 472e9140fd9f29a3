import type { GatewayStatus, Layer, Problem } from "@honua/contracts";
import { abortableDelay, backoffDelay, type Log, messageOf } from "@honua/service-kit";
import type { LoadedRelease } from "../release/load-release.ts";
import type { NullGeometryTracker } from "../release/null-geometry-tracker.ts";
import type { ReleaseDocument } from "../release/release-document.ts";
import { checkDatasource } from "../validation/check-datasource.ts";
import type { Serving } from "./serving.ts";

type CollectionHealth = GatewayStatus["collections"][number];

/** Compares served collections with their tables periodically, and reloads unavailable ones. */
export interface CollectionWatch {
  start(): void;
  /** Checks immediately, for example after an activation. */
  checkNow(): void;
  health(): CollectionHealth[];
  stop(): Promise<void>;
}

/** Backoff between checks while a collection is unavailable. */
const RETRY_BACKOFF = { baseMs: 500, maxMs: 15_000 };

export function createCollectionWatch(deps: {
  serving: Serving;
  load: (document: ReleaseDocument) => Promise<LoadedRelease>;
  log: Log;
  /** Called when the health of a collection changes. */
  onChange: () => void;
  /** Called when the release was reloaded with more available collections. */
  onRecovered: (loaded: LoadedRelease) => void;
  nullGeometries: NullGeometryTracker;
  /** Milliseconds between two checks. */
  intervalMs: number;
}): CollectionWatch {
  const { serving, log } = deps;
  const stopping = new AbortController();
  let delayAbort = new AbortController();
  let checking = Promise.resolve();
  let unhealthy = new Map<string, string>();

  return {
    start() {
      checking = checkPeriodically();
    },
    checkNow: () => delayAbort.abort(),
    health() {
      const collections = serving.current()?.active.collections ?? new Map();
      return [...collections.keys()].map((collection) => {
        const message = unhealthy.get(collection);
        return message === undefined
          ? { collection, status: "Healthy" as const }
          : { collection, status: "Unhealthy" as const, message };
      });
    },
    async stop() {
      stopping.abort();
      delayAbort.abort();
      await checking;
    },
  };

  async function checkPeriodically(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      delayAbort = new AbortController();
      const loaded = serving.current();
      if (loaded) recordHealth(await checkRelease(loaded));
      const served = serving.current();
      if (served) await deps.nullGeometries.refresh(served.active.collections);
      failures = isIncomplete(serving.current()) ? failures + 1 : 0;
      const delayMs = failures > 0 ? backoffDelay(failures, RETRY_BACKOFF) : deps.intervalMs;
      await abortableDelay(delayMs, delayAbort.signal);
    }
  }

  async function checkRelease(loaded: LoadedRelease): Promise<Map<string, string>> {
    try {
      return isIncomplete(loaded) ? await reload(loaded) : await compareWithTables(loaded);
    } catch (error) {
      log.warn({ err: error }, `Could not check the collections: ${messageOf(error)}`);
      return unhealthy;
    }
  }

  /** Reloads the release, and serves the result if more of its collections are available. */
  async function reload(loaded: LoadedRelease): Promise<Map<string, string>> {
    const again = await deps.load(loaded.document);
    const before = unavailableIn(loaded);
    const after = unavailableIn(again);
    if (after.size < before.size && serving.current() === loaded && !stopping.signal.aborted) {
      serving.swap(again);
      deps.onRecovered(again);
    } else again.dispose();
    return after;
  }

  function recordHealth(found: Map<string, string>): void {
    const before = unhealthy;
    unhealthy = found;
    for (const [id, message] of found) {
      if (before.get(id) !== message)
        log.warn({ collection: id }, `${id} is unhealthy: ${message}`);
    }
    for (const id of before.keys()) {
      if (!found.has(id)) log.info({ collection: id }, `${id} is healthy again`);
    }
    const isSame =
      before.size === found.size && [...found].every(([id, m]) => before.get(id) === m);
    if (!isSame) deps.onChange();
  }
}

function isIncomplete(loaded: LoadedRelease | undefined): boolean {
  return loaded !== undefined && unavailableIn(loaded).size > 0;
}

function unavailableIn({ active }: LoadedRelease): Map<string, string> {
  const unavailable = new Map<string, string>();
  for (const [id, collection] of active.collections) {
    if (collection.unavailable !== undefined) unavailable.set(id, collection.unavailable);
  }
  return unavailable;
}

/** Messages of collections that no longer match their tables; reads each datasource's catalogue once. */
async function compareWithTables({
  active,
  document,
}: LoadedRelease): Promise<Map<string, string>> {
  const unhealthy = new Map<string, string>();
  const layers = document.release.services.flatMap((service) => service.layers);
  const comparisons = [...active.databases].map(async ([datasource, database]) => {
    const own = layers.filter((layer) => layer.datasource === datasource);
    try {
      const checks = await checkDatasource(database, own, "");
      for (const [index, { problems }] of checks.entries()) report(own[index], problems[0]);
    } catch (error) {
      for (const { id } of own) unhealthy.set(id, messageOf(error));
    }
  });
  await Promise.all(comparisons);
  return unhealthy;

  function report(layer: Layer | undefined, problem: Problem | undefined): void {
    if (layer && problem) unhealthy.set(layer.id, problem.message);
  }
}
