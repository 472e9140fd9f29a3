import { environmentName } from "@honua/contracts";
import type { Request } from "express";
import { z } from "zod";

const environmentPath = z.object({ environment: environmentName });

/**
 * Reads the `environment` path parameter.
 *
 * @throws ZodError if the parameter is not an environment name
 */
export function environmentParameter({ params }: Pick<Request, "params">): string {
  return environmentPath.parse(params).environment;
}
