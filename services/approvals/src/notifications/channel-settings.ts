import { environmentName } from "@honua/contracts";
import { z } from "zod";
import { NOTIFICATION_KINDS, type NotificationKind } from "./notification-trigger.ts";

const HTTP_URL = z.url({ protocol: /^https?$/ });
const CHANNEL_NAME = /^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/;

/** A list, as configuration files write it, or as one variable does: `Failed, RolledBack`. */
function listOf<Item extends z.ZodType<string, string>>(item: Item) {
  return z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/[ ,]+/))])
    .pipe(z.array(item).min(1));
}

/** What each type of channel needs besides what all have. */
const NEEDS = {
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
    Project: z.coerce.string().min(1).describe("its number, or group/name"),
    Token: z.string().min(1),
    Context: z.string().min(1).max(100).default("honua"),
  }),
} as const;

/** What interests people, unless a channel says otherwise; a commit status shows how things stand. */
const DEFAULT_EVENTS: Record<keyof typeof NEEDS, readonly NotificationKind[]> = {
  slack: ["AwaitingApproval", "Completed", "Failed", "RolledBack"],
  webhook: NOTIFICATION_KINDS,
  smtp: ["AwaitingApproval", "Failed", "RolledBack"],
  github: ["Pending", "AwaitingApproval", "Applying", "Completed", "Failed", "RolledBack"],
  gitlab: ["Pending", "AwaitingApproval", "Applying", "Completed", "Failed", "RolledBack"],
};

const ofItsType = z.unknown().optional();

type OfType = { [Type in keyof typeof NEEDS]: z.output<(typeof NEEDS)[Type]> };

/** One channel, with its defaults filled in. */
export type ChannelSettings = {
  Name: string;
  /** Undefined: every one. */
  Environments: string[] | undefined;
  Events: readonly NotificationKind[];
  LinkTemplate: string | undefined;
  GiveUpAfterHours: number;
} & OfType[keyof OfType];
export type SettingsOf<Type extends keyof OfType> = ChannelSettings & OfType[Type];

/**
 * One entry of `GitOps.Notifications`. All keys of all types are in one object, since the loader of the
 * configuration matches keys whatever their case; which of them must be there depends on the type.
 */
export const configuredChannel = z
  .object({
    Name: z
      .string()
      .regex(CHANNEL_NAME, "1 to 42 of a-z, 0-9 and '-'; it is part of what is remembered")
      .describe("1 to 42 of a-z, 0-9 and '-'; a new name is told everything anew"),
    Type: z.enum(Object.keys(NEEDS) as (keyof typeof NEEDS)[]).describe("what the channel is"),
    Environments: listOf(environmentName).optional().describe("all, when absent"),
    Events: listOf(z.enum(NOTIFICATION_KINDS)).optional().describe("see notifications.md"),
    LinkTemplate: z
      .string()
      .min(1)
      .optional()
      .describe(
        "of a message's link, with `{environment}`, `{deploymentId}`, `{commit}`; the commit when absent",
      ),
    GiveUpAfterHours: z.coerce
      .number()
      .positive()
      .max(7 * 24)
      .default(24)
      .describe("a message that could not be delivered for so long is given up"),
    Url: ofItsType.describe("slack, webhook: where to post"),
    Secret: ofItsType.describe("webhook: signs what is posted"),
    Host: ofItsType.describe("smtp: the server"),
    Port: ofItsType.describe("smtp: its port; 587"),
    Tls: ofItsType.describe("smtp: `starttls`, `implicit` or `none`; `starttls`"),
    CaFile: ofItsType.describe("smtp: PEM; checks the server's certificate"),
    Username: ofItsType.describe("smtp"),
    Password: ofItsType.describe("smtp"),
    From: ofItsType.describe("smtp: the sender"),
    To: ofItsType.describe("smtp: the receivers"),
    ApiUrl: ofItsType.describe("github, gitlab: of a server of your own"),
    Repository: ofItsType.describe("github: owner/name"),
    Project: ofItsType.describe("gitlab: its number, or group/name"),
    Token: ofItsType.describe("github, gitlab: may set commit statuses"),
    Context: ofItsType.describe("github, gitlab: name of the status; `honua`"),
  })
  .strict()
  .transform((given, context): ChannelSettings => {
    const { Name, Type, Environments, Events, LinkTemplate, GiveUpAfterHours, ...rest } = given;
    const own = NEEDS[Type].strict().safeParse(defined({ Type, ...rest }));
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

/** Every channel; two of one name would share what is remembered of them. */
export const configuredChannels = z
  .array(configuredChannel)
  .default([])
  .refine((all) => new Set(all.map(({ Name }) => Name)).size === all.length, {
    error: "two channels have the same Name",
  });

function defined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
