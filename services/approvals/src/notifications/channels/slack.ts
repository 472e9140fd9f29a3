import type { SettingsOf } from "../channel-settings.ts";
import type { Notification } from "../notification.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";

/**
 * An incoming webhook as Slack has it, and as Mattermost, Rocket.Chat and others take it too: only
 * `text` is used, which all of them show.
 */
export function createSlackChannel({ Url }: SettingsOf<"slack">): Channel {
  return {
    showsPresentState: false,
    secrets: [Url, new URL(Url).pathname],
    send: (notification) =>
      post(Url, {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: markup(notification) }),
      }),
  };
}

function markup({ title, facts, commands, link }: Notification): string {
  return [
    `*${escaped(title)}*`,
    ...facts.map(([name, value]) => `• ${name}: ${escaped(value)}`),
    ...(link ? [`<${link}|Look at it>`] : []),
    ...commands.map((command) => `\`${escaped(command)}\``),
  ].join("\n");
}

/** Only these three are control characters of Slack's markup. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
