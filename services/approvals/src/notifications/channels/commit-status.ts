import type { SettingsOf } from "../channel-settings.ts";
import type { Notification } from "../notification.ts";
import type { NotificationKind } from "../notification-trigger.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";

/** The state of a commit in one environment. */
type CommitState = "waiting" | "running" | "succeeded" | "failed";

const COMMIT_STATES: Partial<Record<NotificationKind, CommitState>> = {
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

/** The maximum length of a description, in characters. */
const MAX_GITHUB_DESCRIPTION = 140;
const MAX_GITLAB_DESCRIPTION = 255;

/** `POST /repos/{owner}/{repo}/statuses/{sha}` of GitHub's REST API; one context for each environment. */
export function createGitHubChannel(settings: SettingsOf<"github">): Channel {
  const { ApiUrl, Repository, Token, Context } = settings;
  return commitStatusChannel(Token, (commit, commitState, notification) =>
    post(`${trimTrailingSlashes(ApiUrl)}/repos/${Repository}/statuses/${commit}`, {
      headers: {
        authorization: `Bearer ${Token}`,
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "content-type": "application/json",
      },
      body: JSON.stringify({
        state: GITHUB_STATES[commitState],
        context: `${Context}/${notification.environment}`,
        description: truncate(notification.title, MAX_GITHUB_DESCRIPTION),
        ...targetUrl(notification),
      }),
    }),
  );
}

/** `POST /projects/{id}/statuses/{sha}` of GitLab's REST API; one name for each environment. */
export function createGitLabChannel(settings: SettingsOf<"gitlab">): Channel {
  const { ApiUrl, Project, Token, Context } = settings;
  return commitStatusChannel(Token, (commit, commitState, notification) =>
    post(
      `${trimTrailingSlashes(ApiUrl)}/projects/${encodeURIComponent(Project)}/statuses/${commit}`,
      {
        headers: { "private-token": Token, "content-type": "application/json" },
        body: JSON.stringify({
          state: GITLAB_STATES[commitState],
          name: `${Context}/${notification.environment}`,
          description: truncate(notification.title, MAX_GITLAB_DESCRIPTION),
          ...targetUrl(notification),
        }),
      },
      // GitLab rejects a status that is already set (gitlab-foss issue 25807).
      (status, body) => status === 400 && body.includes("Cannot transition status"),
    ),
  );
}

function commitStatusChannel(
  token: string,
  set: (commit: string, commitState: CommitState, notification: Notification) => Promise<void>,
): Channel {
  return {
    skipsSuperseded: true,
    secrets: [token],
    async send(notification) {
      const commitState = COMMIT_STATES[notification.kind];
      const { deployment } = notification;
      // Notifications about the environment as a whole belong to no commit.
      if (commitState && deployment) await set(deployment.commit.id, commitState, notification);
    },
  };
}

/** Both APIs accept http and https URLs only. */
function targetUrl({ link }: Notification) {
  return link && /^https?:/.test(link) ? { target_url: link } : {};
}

function truncate(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
}

function trimTrailingSlashes(url: string): string {
  return url.replace(/\/+$/, "");
}
