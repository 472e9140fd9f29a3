import { desiredBucket } from "@honua/contracts";
import { type Bus, type Clock, TransientError } from "@honua/service-kit";

/** The release that the gateways of an environment should serve. */
export interface DesiredReleases {
  current(environment: string): Promise<string | undefined>;
  /**
   * Does nothing if the entry already has this release and deployment.
   *
   * @throws TransientError `desired-changed` if another process changed the entry at the same time
   */
  set(environment: string, release: string, deploymentId: string): Promise<void>;
}

export function createDesiredReleases({ bus, clock }: { bus: Bus; clock: Clock }): DesiredReleases {
  return {
    async current(environment) {
      const bucket = await bus.bucket(desiredBucket);
      return (await bucket.get(environment))?.value.release;
    },
    async set(environment, release, deploymentId) {
      const bucket = await bus.bucket(desiredBucket);
      const entry = await bucket.get(environment);
      if (entry?.value.release === release && entry.value.deploymentId === deploymentId) return;
      const value = { environment, release, deploymentId, at: clock.now().toISOString() };
      const written = await bucket.compareAndSet(environment, value, entry?.revision ?? 0);
      if (written === undefined) {
        throw new TransientError(
          "desired-changed",
          `Another process changed the desired release of '${environment}' at the same time.`,
        );
      }
    },
  };
}
