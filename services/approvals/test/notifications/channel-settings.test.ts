import { ConfigurationError, readConfiguration } from "@honua/service-kit";
import { expect, test } from "vitest";
import { approvalsSettings } from "../../src/settings.ts";

const read = (variables: Record<string, string>) =>
  readConfiguration(approvalsSettings, variables).GitOps.Notifications;

test("reads channels from variables case-insensitively and applies defaults", () => {
  const channels = read({
    GitOps__Notifications__0__Name: "ops",
    GitOps__Notifications__0__Type: "slack",
    GitOps__Notifications__0__URL: "https://hooks.example.com/services/x",
    GitOps__Notifications__0__Environments: "production, staging",
    GitOps__Notifications__1__name: "mail",
    GitOps__Notifications__1__type: "smtp",
    GitOps__Notifications__1__host: "mail.example.com",
    GitOps__Notifications__1__from: "honua@example.com",
    GitOps__Notifications__1__to: "ops@example.com",
    GitOps__Notifications__1__events: "Failed",
    GitOps__Notifications__2__Name: "status",
    GitOps__Notifications__2__Type: "github",
    GitOps__Notifications__2__Repository: "example/honua-config",
    GitOps__Notifications__2__Token: "t",
  });
  expect(channels).toMatchObject([
    {
      Name: "ops",
      Url: "https://hooks.example.com/services/x",
      Environments: ["production", "staging"],
      Events: ["AwaitingApproval", "Completed", "Failed", "RolledBack"],
      GiveUpAfterHours: 24,
    },
    { Host: "mail.example.com", Port: 587, Tls: "starttls", Events: ["Failed"] },
    { ApiUrl: "https://api.github.com", Context: "honua", Environments: undefined },
  ]);
});

test.each([
  ["a missing URL", { Type: "slack" }, /Notifications:0:Url/],
  ["a key of another type", { Type: "slack", Url: "https://x.example", Secret: "s" }, /Secret/],
  ["an invalid URL", { Type: "slack", Url: "ftp://x.example" }, /Notifications:0:Url/],
  ["a short secret", { Type: "webhook", Url: "https://x.example", Secret: "short" }, /16 charact/],
  ["an unknown type", { Type: "pigeon" }, /Notifications:0:Type/],
  ["an unknown event", { Type: "slack", Url: "https://x.example", Events: "Fail" }, /Events/],
  ["a misspelled key", { Type: "slack", Url: "https://x.example", Evnts: "x" }, /Evnts/],
])("names %s without showing a value", (_what, settings, expected) => {
  const variables = Object.fromEntries(
    Object.entries({ Name: "ops", ...settings }).map(([key, value]) => [
      `GitOps__Notifications__0__${key}`,
      value,
    ]),
  );
  expect(() => read(variables)).toThrow(ConfigurationError);
  expect(() => read(variables)).toThrow(expected);
  expect(() => read(variables)).not.toThrow(/x\.example/);
});

test("refuses two channels with the same name", () => {
  const one = (index: number) => ({
    [`GitOps__Notifications__${index}__Name`]: "ops",
    [`GitOps__Notifications__${index}__Type`]: "slack",
    [`GitOps__Notifications__${index}__Url`]: "https://hooks.example.com/x",
  });
  expect(() => read({ ...one(0), ...one(1) })).toThrow("same Name");
});
