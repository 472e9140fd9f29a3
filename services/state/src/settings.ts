import { configuredToken, listenPort, oidcSettings, serviceSettings } from "@honua/service-kit";
import { z } from "zod";

const positive = (value: number) => z.coerce.number().positive().default(value);
const count = (value: number) => z.coerce.number().int().positive().default(value);

/** The stream of events that operators read. */
const events = z.object({
  RetentionDays: count(7).describe("events can be read again for so long"),
  HeartbeatSeconds: positive(15).describe("a line that says nothing keeps a silent stream open"),
  MaxStreams: count(100).describe("streams at once in one process"),
  MaxStreamsPerSubject: count(10).describe("of them, those of one person"),
  SlowClientSeconds: positive(30).describe("a client that takes nothing for so long is cut"),
  MaxStreamMinutes: positive(60).describe("a stream ends then, and its client resumes"),
});

/** What the state service reads from its configuration. */
export const stateSettings = serviceSettings.extend({
  PORT: listenPort(5002),
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
      HistoryMaxAgeDays: z.coerce
        .number()
        .int()
        .min(0)
        .max(36_500)
        .default(0)
        .describe("deployments that ended longer ago go; 0: none for its age"),
      Events: events.prefault({}),
      Tokens: z.array(configuredToken).default([]),
      Oidc: oidcSettings.optional(),
    })
    .prefault({}),
});
export type StateSettings = z.output<typeof stateSettings>;
