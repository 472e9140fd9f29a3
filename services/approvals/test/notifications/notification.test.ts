import { describe, expect, test } from "vitest";
import { commitLink } from "../../src/notifications/commit-link.ts";
import { plainText } from "../../src/notifications/plain-text.ts";
import { DIGEST, waiting } from "../waiting-deployment.ts";
import { sampleNotification } from "./sample-notification.ts";

describe("the text of a notification", () => {
  test("names commit, author, risk, deadline and commands of a pending approval", () => {
    const plan = waiting.plan && {
      ...waiting.plan,
      unavailable: [{ collection: "roads", url: "/ogc/collections/roads" }],
    };
    const text = plainText(sampleNotification("AwaitingApproval", { plan }));
    expect(text).toContain(
      'production needs your approval: abcdef1 "Remove roads" (risk Critical)',
    );
    expect(text).toMatch(/Author +Bo <bo@example\.com>/);
    expect(text).toMatch(/Risk +Critical, breaking \(0 changes\)/);
    expect(text).toMatch(/Clients lose +roads/);
    expect(text).toMatch(/Decide before +2026-03-02T09:00:00/);
    expect(text).toContain(`honua deployment approve ${waiting.id} --plan-digest ${DIGEST}`);
    expect(text).toMatch(/Link +https:\/\/example\.com\/config\/commit\/abcdef1/);
  });

  test("shows the error of a failed deployment", () => {
    const { title, facts } = sampleNotification("Failed", {
      state: "Failed",
      reason: "PrepareFailed",
      errorMessage: "table public.roads does not exist\nin postgres-prod",
    });
    expect(title).toBe('production: abcdef1 "Remove roads" failed (PrepareFailed)');
    expect(facts).toContainEqual(["Why", "table public.roads does not exist\nin postgres-prod"]);
  });

  test.each([
    ["Completed", 'production serves abcdef1 "Remove roads"'],
    ["Approved", "was approved by ana@example.com, cy@example.com"],
    ["RolledBack", "production was rolled back"],
  ] as const)("summarises %s in the title", (kind, expected) => {
    expect(sampleNotification(kind).title).toContain(expected);
  });

  test("fills the link template", () => {
    const template = "https://honua.example.com/{environment}/{deploymentId}?c={commit}";
    expect(sampleNotification("Completed", {}, template).link).toBe(
      `https://honua.example.com/production/${waiting.id}?c=${waiting.commit.id}`,
    );
  });
});

test.each([
  [
    "https://user:secret@github.com/example/config.git",
    "https://github.com/example/config/commit/1",
  ],
  ["git@gitlab.com:group/sub/config.git", "https://gitlab.com/group/sub/config/commit/1"],
  [
    "ssh://git@git.example.com:2222/example/config",
    "https://git.example.com/example/config/commit/1",
  ],
  ["https://bitbucket.org/example/config", "https://bitbucket.org/example/config/commits/1"],
  ["file:///srv/git/config.git", null],
  ["/srv/git/config.git", null],
])("links a commit of %s to %s", (repository, expected) => {
  expect(commitLink({ repository, id: "1" })).toBe(expected);
});
