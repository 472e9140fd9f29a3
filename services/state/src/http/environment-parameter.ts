import { environmentName } from "@honua/contracts";
import type { Request } from "express";
import { z } from "zod";

const environmentPath = z.object({ environment: environmentName });

/**
 * The environment that the path of a request names.
 *
 * @throws ZodError naming it
 */
export function environmentParameter({ params }: Pick<Request, "params">): string {
  return environmentPath.parse(params).environment;
}
