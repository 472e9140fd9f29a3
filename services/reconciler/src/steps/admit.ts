import { next, type Step } from "./step.ts";

/** Pending: nothing stands in the way of looking at the commit. */
export const admit: Step = async ({ deployment }) =>
  next("Validating", `Validating commit ${deployment.commit.id.slice(0, 7)}`);
