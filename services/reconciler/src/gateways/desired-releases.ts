import { desiredBucket } from "@honua/contracts";
import { type Bus, type Clock, TransientError } from "@honua/service-kit";

/** The pointer that tells the gateways of an environment what to serve. */
export interface DesiredReleases {
  current(environment: string): Promise<string | undefined>;
  /** Does nothing when it says so already. @throws TransientError when somebody else wrote meanwhile */
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
          `the desired release of '${environment}' was changed meanwhile`,
        );
      }
    },
  };
}
