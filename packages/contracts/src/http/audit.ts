import { z } from "zod";
import { environmentName } from "../environment.ts";

/** Query of `GET /api/gitops/audit`. */
export const auditQuery = z
  .object({
    environment: environmentName.optional(),
    actor: z.string().min(1).max(500).optional(),
    action: z.string().min(1).max(200).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: z.string().optional(),
  })
  .strict();
export type AuditQuery = z.output<typeof auditQuery>;
