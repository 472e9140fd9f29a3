import { environmentName } from "@honua/contracts";
import { z } from "zod";
import { NOTIFICATION_KINDS, type NotificationKind } from "./notification-trigger.ts";

const HTTP_URL = z.url({ protocol: /^https?$/ });
const CHANNEL_NAME = /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/;

/** A list as configuration files write it, or as one variable writes it: `Failed, RolledBack`. */
function listOf<Item extends z.ZodType<string, string>>(item: Item) {
  return z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/[ ,]+/))])
    .pipe(z.array(item).min(1));
}

/** The settings that belong to one type of channel. */
const TYPE_SCHEMAS = {
  slack: z.object({ Type: z.literal("slack"), Url: HTTP_URL }),
  webhook: z.object({
    Type: z.literal("webhook"),
    Url: HTTP_URL,
    Secret: z.string().min(16, "at least 16 characters"),
  }),
  smtp: z.object({
    Type: z.literal("smtp"),
    Host: z.string().min(1),
    Port: z.coerce.number().int().min(1).max(65_535).default(587),
    Tls: z.enum(["starttls", "implicit", "none"]).default("starttls"),
    CaFile: z.string().min(1).optional(),
    Username: z.string().min(1).optional(),
    Password: z.string().min(1).optional(),
    From: z.string().min(3),
    To: listOf(z.string().min(3)),
  }),
  github: z.object({
    Type: z.literal("github"),
    ApiUrl: HTTP_URL.default("https://api.github.com"),
    Repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "owner/name"),
    Token: z.string().min(1),
    Context: z.string().min(1).max(100).default("honua"),
  }),
  gitlab: z.object({
    Type: z.literal("gitlab"),
    ApiUrl: HTTP_URL.default("https://gitlab.com/api/v4"),
    Project: z.coerce.string().min(1).describe("number of the project, or group/name"),
    Token: z.string().min(1),
    Context: z.string().min(1).max(100).default("honua"),
  }),
} as const;

/** The events of each type unless the channel selects its own. A commit status follows the state. */
const DEFAULT_EVENTS: Record<keyof typeof TYPE_SCHEMAS, readonly NotificationKind[]> = {
  slack: ["AwaitingApproval", "Completed", "Failed", "RolledBack"],
  webhook: NOTIFICATION_KINDS,
  smtp: ["AwaitingApproval", "Failed", "RolledBack"],
  github: ["Pending", "AwaitingApproval", "Applying", "Completed", "Failed", "RolledBack"],
  gitlab: ["Pending", "AwaitingApproval", "Applying", "Completed", "Failed", "RolledBack"],
};

const typeSpecific = z.unknown().optional();

type OfType = { [Type in keyof typeof TYPE_SCHEMAS]: z.output<(typeof TYPE_SCHEMAS)[Type]> };

/** The settings of one channel, with defaults applied. */
export type ChannelSettings = {
  Name: string;
  /** Undefined: all environments. */
  Environments: string[] | undefined;
  Events: readonly NotificationKind[];
  LinkTemplate: string | undefined;
  GiveUpAfterHours: number;
} & OfType[keyof OfType];
export type SettingsOf<Type extends keyof OfType> = ChannelSettings & OfType[Type];

/**
 * One entry of `GitOps.Notifications`. The keys of all types are in one object, because the
 * configuration loader matches keys case-insensitively against it; the type decides which are required.
 */
export const configuredChannel = z
  .object({
    Name: z
      .string()
      .regex(
        CHANNEL_NAME,
        "1 to 42 of a-z, 0-9 and '-'; the name is part of the key of delivery records",
      )
      .describe("1 to 42 of a-z, 0-9 and '-'; a renamed channel counts as a new channel"),
    Type: z
      .enum(Object.keys(TYPE_SCHEMAS) as (keyof typeof TYPE_SCHEMAS)[])
      .describe("type of the channel"),
    Environments: listOf(environmentName).optional().describe("default: all environments"),
    Events: listOf(z.enum(NOTIFICATION_KINDS)).optional().describe("see notifications.md"),
    LinkTemplate: z
      .string()
      .min(1)
      .optional()
      .describe(
        "template of the link, with `{environment}`, `{deploymentId}`, `{commit}`; default: the commit",
      ),
    GiveUpAfterHours: z.coerce
      .number()
      .positive()
      .max(7 * 24)
      .default(24)
      .describe("hours after which an undelivered notification is abandoned"),
    Url: typeSpecific.describe("slack, webhook: URL to post to"),
    Secret: typeSpecific.describe("webhook: signs the requests"),
    Host: typeSpecific.describe("smtp: host of the server"),
    Port: typeSpecific.describe("smtp: port of the server; default: 587"),
    Tls: typeSpecific.describe("smtp: `starttls`, `implicit` or `none`; default: `starttls`"),
    CaFile: typeSpecific.describe("smtp: PEM; verifies the certificate of the server"),
    Username: typeSpecific.describe("smtp: user name"),
    Password: typeSpecific.describe("smtp: password"),
    From: typeSpecific.describe("smtp: the sender"),
    To: typeSpecific.describe("smtp: the recipients"),
    ApiUrl: typeSpecific.describe("github, gitlab: API of a self-hosted server"),
    Repository: typeSpecific.describe("github: owner/name"),
    Project: typeSpecific.describe("gitlab: number of the project, or group/name"),
    Token: typeSpecific.describe("github, gitlab: token that may set commit statuses"),
    Context: typeSpecific.describe("github, gitlab: name of the status; default: `honua`"),
  })
  .strict()
  .transform((given, context): ChannelSettings => {
    const { Name, Type, Environments, Events, LinkTemplate, GiveUpAfterHours, ...rest } = given;
    const own = TYPE_SCHEMAS[Type].strict().safeParse(withoutUndefined({ Type, ...rest }));
    if (!own.success) {
      for (const issue of own.error.issues) {
        context.issues.push({ ...issue, input: undefined } as (typeof context.issues)[number]);
      }
      return z.NEVER;
    }
    return {
      Name,
      Environments,
      Events: Events ?? DEFAULT_EVENTS[Type],
      LinkTemplate,
      GiveUpAfterHours,
      ...own.data,
    };
  });

/** All channels. Names are unique, because channels of the same name would share delivery records. */
export const configuredChannels = z
  .array(configuredChannel)
  .default([])
  .refine((all) => new Set(all.map(({ Name }) => Name)).size === all.length, {
    error: "two channels have the same Name",
  });

function withoutUndefined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
