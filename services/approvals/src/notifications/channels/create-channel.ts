import type { ChannelSettings } from "../channel-settings.ts";
import type { Channel } from "./channel.ts";
import { createGitHubChannel, createGitLabChannel } from "./commit-status.ts";
import { createSlackChannel } from "./slack.ts";
import { createSmtpChannel } from "./smtp.ts";
import { createWebhookChannel } from "./webhook.ts";

/** The channel that its settings describe. */
export function createChannel(settings: ChannelSettings, now: () => Date): Channel {
  switch (settings.Type) {
    case "slack":
      return createSlackChannel(settings);
    case "webhook":
      return createWebhookChannel(settings, now);
    case "smtp":
      return createSmtpChannel(settings);
    case "github":
      return createGitHubChannel(settings);
    case "gitlab":
      return createGitLabChannel(settings);
  }
}
