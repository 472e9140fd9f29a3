import { environmentName } from "@honua/contracts";
import type { Request } from "express";
import { z } from "zod";

const environmentPath = z.object({ environment: environmentName });

/**
 * The environment that the path of a request names.
 *
 * @throws ZodError naming it
 */
export function environmentOf({ params }: Pick<Request, "params">): string {
  return environmentPath.parse(params).environment;
}
