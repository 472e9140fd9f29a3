import type { SettingsOf } from "../channel-settings.ts";
import type { Notification } from "../notification.ts";
import type { NotificationKind } from "../notification-trigger.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";

/** How things stand with a commit in one environment. */
type Standing = "waiting" | "running" | "succeeded" | "failed";

const STANDINGS: Partial<Record<NotificationKind, Standing>> = {
  Pending: "waiting",
  AwaitingApproval: "waiting",
  Approved: "waiting",
  Applying: "running",
  Completed: "succeeded",
  Failed: "failed",
  RolledBack: "failed",
};

const GITHUB_STATES = {
  waiting: "pending",
  running: "pending",
  succeeded: "success",
  failed: "failure",
} as const;
const GITLAB_STATES = {
  waiting: "pending",
  running: "running",
  succeeded: "success",
  failed: "failed",
} as const;

/** Longest description that each of them takes. */
const GITHUB_CHARACTERS = 140;
const GITLAB_CHARACTERS = 255;

/** `POST /repos/{owner}/{repo}/statuses/{sha}` of GitHub's REST API; one context for each environment. */
export function createGitHubChannel(settings: SettingsOf<"github">): Channel {
  const { ApiUrl, Repository, Token, Context } = settings;
  return commitStatusChannel(Token, (commit, standing, notification) =>
    post(`${withoutSlash(ApiUrl)}/repos/${Repository}/statuses/${commit}`, {
      headers: {
        authorization: `Bearer ${Token}`,
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "content-type": "application/json",
      },
      body: JSON.stringify({
        state: GITHUB_STATES[standing],
        context: `${Context}/${notification.environment}`,
        description: shortened(notification.title, GITHUB_CHARACTERS),
        ...targetOf(notification),
      }),
    }),
  );
}

/** `POST /projects/{id}/statuses/{sha}` of GitLab's REST API; one name for each environment. */
export function createGitLabChannel(settings: SettingsOf<"gitlab">): Channel {
  const { ApiUrl, Project, Token, Context } = settings;
  return commitStatusChannel(Token, (commit, standing, notification) =>
    post(
      `${withoutSlash(ApiUrl)}/projects/${encodeURIComponent(Project)}/statuses/${commit}`,
      {
        headers: { "private-token": Token, "content-type": "application/json" },
        body: JSON.stringify({
          state: GITLAB_STATES[standing],
          name: `${Context}/${notification.environment}`,
          description: shortened(notification.title, GITLAB_CHARACTERS),
          ...targetOf(notification),
        }),
      },
      // GitLab refuses to set a status that is set already (gitlab-foss issue 25807).
      (status, answer) => status === 400 && answer.includes("Cannot transition status"),
    ),
  );
}

function commitStatusChannel(
  token: string,
  set: (commit: string, standing: Standing, notification: Notification) => Promise<void>,
): Channel {
  return {
    showsPresentState: true,
    secrets: [token],
    async send(notification) {
      const standing = STANDINGS[notification.kind];
      const { deployment } = notification;
      // What concerns the environment as a whole belongs to no commit.
      if (standing && deployment) await set(deployment.commit.id, standing, notification);
    },
  };
}

/** Both take an address of http or https only. */
function targetOf({ link }: Notification) {
  return link && /^https?:/.test(link) ? { target_url: link } : {};
}

function shortened(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
