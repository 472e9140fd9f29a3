import { configuredToken, listenPort, oidcSettings, serviceSettings } from "@honua/service-kit";
import { z } from "zod";

const positive = (value: number) => z.coerce.number().positive().default(value);
const count = (value: number) => z.coerce.number().int().positive().default(value);

/** Settings of the event stream. */
const events = z.object({
  RetentionDays: count(7).describe("days that published events are kept and can be read again"),
  HeartbeatSeconds: positive(15).describe(
    "seconds between heartbeats, which keep an idle stream open",
  ),
  MaxStreams: count(100).describe("concurrent streams per process"),
  MaxStreamsPerSubject: count(10).describe("concurrent streams per process and subject"),
  SlowClientSeconds: positive(30).describe(
    "seconds after which a client that reads nothing is disconnected",
  ),
  MaxStreamMinutes: positive(60).describe(
    "minutes after which a stream ends and its client resumes",
  ),
});

/** The settings of the state service. */
export const stateSettings = serviceSettings.extend({
  PORT: listenPort(5002),
  DATABASE_URL: z.string().min(1).describe("URL of the PostgreSQL state database"),
  DATABASE_MIGRATIONS: z
    .enum(["apply", "expect"])
    .default("apply")
    .describe(
      "`apply`: migrate at start; `expect`: the job `migrate-state` migrates as the owner role",
    ),
  GitOps: z
    .object({
      StateDirectory: z
        .string()
        .min(1)
        .optional()
        .describe(
          "when set, the state document is also written to <environment>.json in this directory",
        ),
      HistoryLimit: z.coerce
        .number()
        .int()
        .min(20)
        .default(500)
        .describe("deployments kept per environment"),
      HistoryMaxAgeDays: z.coerce
        .number()
        .int()
        .min(0)
        .max(36_500)
        .default(0)
        .describe("days after which ended deployments are deleted; 0 turns this off"),
      Events: events.prefault({}),
      Tokens: z.array(configuredToken).default([]),
      Oidc: oidcSettings.optional(),
    })
    .prefault({}),
});
export type StateSettings = z.output<typeof stateSettings>;
