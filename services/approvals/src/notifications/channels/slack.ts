import type { SettingsOf } from "../channel-settings.ts";
import type { Notification } from "../notification.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";

/**
 * An incoming webhook of Slack, which Mattermost, Rocket.Chat and others accept as well. Only `text` is
 * used, because all of them show it.
 */
export function createSlackChannel({ Url }: SettingsOf<"slack">): Channel {
  return {
    skipsSuperseded: false,
    secrets: [Url, new URL(Url).pathname],
    send: (notification) =>
      post(Url, {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: slackMarkup(notification) }),
      }),
  };
}

function slackMarkup({ title, facts, commands, link }: Notification): string {
  return [
    `*${escapeMarkup(title)}*`,
    ...facts.map(([name, value]) => `• ${name}: ${escapeMarkup(value)}`),
    ...(link ? [`<${link}|Open>`] : []),
    ...commands.map((command) => `\`${escapeMarkup(command)}\``),
  ].join("\n");
}

/** Only these three are control characters of Slack's markup. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
