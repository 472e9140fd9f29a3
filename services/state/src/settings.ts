import { configuredToken, serviceSettings } from "@honua/service-kit";
import { z } from "zod";

/** What the state service reads from its configuration. */
export const stateSettings = serviceSettings.extend({
  PORT: z.coerce.number().int().min(0).max(65_535).default(5002),
  DATABASE_URL: z.string().min(1).describe("URL of the PostgreSQL database that holds the truth"),
  DATABASE_MIGRATIONS: z
    .enum(["apply", "expect"])
    .default("apply")
    .describe("`expect`: the job `migrate-state` changes the schema, as the role that owns it"),
  GitOps: z
    .object({
      StateDirectory: z
        .string()
        .min(1)
        .optional()
        .describe("when set, <environment>.json is kept there as well"),
      HistoryLimit: z.coerce
        .number()
        .int()
        .min(20)
        .default(500)
        .describe("deployments kept for each environment"),
      Tokens: z.array(configuredToken).default([]),
    })
    .prefault({}),
});
export type StateSettings = z.output<typeof stateSettings>;
