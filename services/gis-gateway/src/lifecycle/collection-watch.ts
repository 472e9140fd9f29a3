import type { GatewayStatus, Layer, Problem } from "@honua/contracts";
import { backoffDelay, type Log, messageOf } from "@honua/service-kit";
import type { LoadedRelease } from "../release/load-release.ts";
import type { GeometryCensus } from "../release/null-geometry-tracker.ts";
import type { ReleaseDocument } from "../release/release-document.ts";
import { checkDatasource } from "../validation/check-datasource.ts";
import { pause } from "./pause.ts";
import type { Serving } from "./serving.ts";

type CollectionHealth = GatewayStatus["collections"][number];

/** Compares the served collections with their tables, now and then, and mends what can be mended. */
export interface CollectionWatch {
  start(): void;
  /** Looks again at once, such as after an activation. */
  look(): void;
  health(): CollectionHealth[];
  stop(): Promise<void>;
}

/** While a collection is unavailable, a look is taken sooner. */
const MEND = { baseMs: 500, maxMs: 15_000 };

export function createCollectionWatch(deps: {
  serving: Serving;
  load: (document: ReleaseDocument) => Promise<LoadedRelease>;
  log: Log;
  /** Called when the health of a collection has changed. */
  onChange: () => void;
  /** Called when the same release is served anew, with more of its collections. */
  onMended: (loaded: LoadedRelease) => void;
  census: GeometryCensus;
  /** Time between two looks. */
  everyMs: number;
}): CollectionWatch {
  const { serving, log } = deps;
  const stopping = new AbortController();
  let waiting = new AbortController();
  let watching = Promise.resolve();
  let unhealthy = new Map<string, string>();

  return {
    start() {
      watching = watch();
    },
    look: () => waiting.abort(),
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
      waiting.abort();
      await watching;
    },
  };

  async function watch(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      waiting = new AbortController();
      const loaded = serving.current();
      if (loaded) note(await lookAt(loaded));
      const served = serving.current();
      if (served) await deps.census.refresh(served.active.collections);
      failures = isIncomplete(serving.current()) ? failures + 1 : 0;
      const delay = failures > 0 ? backoffDelay(failures, MEND) : deps.everyMs;
      await pause(delay, waiting.signal);
    }
  }

  async function lookAt(loaded: LoadedRelease): Promise<Map<string, string>> {
    try {
      return isIncomplete(loaded) ? await mend(loaded) : await compare(loaded);
    } catch (error) {
      log.warn({ err: error }, `Could not look at the collections: ${messageOf(error)}`);
      return unhealthy;
    }
  }

  /** Loads the release again, and serves the outcome when more of its collections are available. */
  async function mend(loaded: LoadedRelease): Promise<Map<string, string>> {
    const again = await deps.load(loaded.document);
    const before = unavailableIn(loaded);
    const after = unavailableIn(again);
    if (after.size < before.size && serving.current() === loaded && !stopping.signal.aborted) {
      serving.swap(again);
      deps.onMended(again);
    } else again.dispose();
    return after;
  }

  function note(found: Map<string, string>): void {
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

/** What no longer matches, by collection: one look into the catalogue of each datasource. */
async function compare({ active, document }: LoadedRelease): Promise<Map<string, string>> {
  const unhealthy = new Map<string, string>();
  const layers = document.release.services.flatMap((service) => service.layers);
  const looks = [...active.databases].map(async ([datasource, database]) => {
    const own = layers.filter((layer) => layer.datasource === datasource);
    try {
      const checks = await checkDatasource(database, own, "");
      for (const [index, { problems }] of checks.entries()) report(own[index], problems[0]);
    } catch (error) {
      for (const { id } of own) unhealthy.set(id, messageOf(error));
    }
  });
  await Promise.all(looks);
  return unhealthy;

  function report(layer: Layer | undefined, problem: Problem | undefined): void {
    if (layer && problem) unhealthy.set(layer.id, problem.message);
  }
}
