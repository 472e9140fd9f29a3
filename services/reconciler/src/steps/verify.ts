import type { Deployment, EnvironmentOverview, GatewayStatus, PlanChange } from "@honua/contracts";
import { diffReleases } from "@honua/release";
import { backoffDelay, messageOf, traceHeaders } from "@honua/service-kit";
import pLimit from "p-limit";
import type { HttpGet } from "../gateways/http-get.ts";
import type { LiveGateways } from "../gateways/live-gateways.ts";
import type { ReleaseStore } from "../releases/release-store.ts";
import { reconcilerStopping } from "./activate.ts";
import { releaseOf } from "./plan.ts";
import { fail, next, type Step } from "./step.ts";

/** Concurrent requests, over all gateways. */
const CONCURRENCY = 8;
/** Time limit of one request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Attempts per URL, so that a short network fault does not cause a rollback. */
const ATTEMPTS = 4;

/** PostValidating: requests one feature of each changed collection from each gateway. */
export function createVerify(deps: {
  gateways: LiveGateways;
  releases: Pick<ReleaseStore, "read">;
  get: HttpGet;
}): Step {
  return async ({ deployment, situation, log, signal }) => {
    const live = await deps.gateways.list(deployment.environment);
    if (live.length === 0) return fail("VerificationFailed", "No gateway is left to verify.");
    const changes = await allChanges(deployment, situation);
    const urls = live.flatMap((gateway) => urlsToVerify(gateway, changes));
    const limit = pLimit(CONCURRENCY);
    const results = await Promise.all(urls.map((url) => limit(() => check(url, signal))));
    const failures = results.filter((failure) => failure !== undefined);
    if (signal.aborted) throw reconcilerStopping();
    if (failures.length > 0) return fail("VerificationFailed", failures.join("\n"));
    log.debug({ urls: urls.length }, "Verified over HTTP");
    const onAll = live.length === 1 ? "1 gateway" : `${live.length} gateways`;
    return next("Completed", `Verified ${urls.length} URLs on ${onAll}`);
  };

  /** All changes, including those that a bounded plan leaves out. */
  async function allChanges(
    deployment: Deployment,
    { live }: EnvironmentOverview,
  ): Promise<readonly PlanChange[]> {
    if (!deployment.plan?.omitted) return deployment.plan?.changes ?? [];
    const before = live && (await deps.releases.read(live.release));
    return diffReleases(before, await deps.releases.read(releaseOf(deployment)));
  }

  async function check(url: string, signal: AbortSignal): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      const failure = await request(url, signal);
      if (failure === undefined || !failure.again || attempt === ATTEMPTS || signal.aborted) {
        return failure?.message;
      }
      await new Promise((resolve) =>
        setTimeout(resolve, backoffDelay(attempt, { baseMs: 200, maxMs: 2_000 })),
      );
    }
  }

  async function request(
    url: string,
    signal: AbortSignal,
  ): Promise<{ message: string; again: boolean } | undefined> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
      const { status, body } = await deps.get(url, {
        signal: limit,
        headers: { accept: "application/json", ...traceHeaders() },
      });
      if (status >= 200 && status < 300) return undefined;
      const again = status === 503 || status === 429;
      return { message: `${url} returned ${status}: ${body.slice(0, 300)}`, again };
    } catch (error) {
      return { message: `${url} cannot be read: ${messageOf(error)}`, again: true };
    }
  }
}

/** The list of collections, and one feature of every collection that the plan adds or modifies. */
function urlsToVerify({ url }: GatewayStatus, changes: readonly PlanChange[]): string[] {
  const changed = changes.filter(({ type, action }) => type === "layer" && action !== "removed");
  const collections = [...new Set(changed.map(({ id }) => id))];
  return [
    `${url}/ogc/collections`,
    ...collections.map((id) => `${url}/ogc/collections/${encodeURIComponent(id)}/items?limit=1`),
  ];
}
