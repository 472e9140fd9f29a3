import type { SourceStatus } from "@honua/contracts";
import { createLog } from "@honua/service-kit";
import { describe, expect, test } from "vitest";
import { readinessChecks } from "../../src/http/readiness.ts";
import { overduePoll, withOverduePoll } from "../../src/watch/overdue-poll.ts";
import { createSourceStatusTracker } from "../../src/watch/source-status.ts";
import { repositoryAt } from "../fixtures/running-watcher.ts";

const start = new Date("2026-06-01T12:00:00.000Z");
const after = (seconds: number) => new Date(start.getTime() + seconds * 1_000);

describe("overduePoll", () => {
  test.each([
    ["a poll that has run for a minute", start, 60, undefined],
    ["a poll that has run for two minutes", start, 120, "Degraded"],
    ["a poll that has run longer than any fetch may", start, 13 * 60, "Unhealthy"],
    ["a poll that starts 30 seconds late", undefined, 30, undefined],
    ["a poll that has not started two minutes after it was due", undefined, 120, "Unhealthy"],
  ])("%s", (_what, pollingSince, seconds, expected) => {
    const facts = { pollingSince, nextPoll: start.toISOString(), now: after(seconds) };
    expect(overduePoll(facts)?.status).toBe(expected);
  });

  test("does not hide a more severe reason", () => {
    const unhealthy = { status: "Unhealthy", code: "branch-missing" } as SourceStatus;
    const overdue = overduePoll({ pollingSince: start, nextPoll: null, now: after(120) });
    expect(withOverduePoll(unhealthy, overdue)).toBe(unhealthy);
    const healthy = { status: "Healthy", code: null } as SourceStatus;
    expect(withOverduePoll(healthy, overdue)).toMatchObject({ code: "poll-slow" });
  });
});

test("a source that was Healthy once becomes Unhealthy and unready when its poll hangs", () => {
  let now = start;
  const source = {
    environment: "production",
    branch: "main",
    repository: repositoryAt("https://git.example.com/gis.git"),
    pollIntervalMs: 30_000,
  };
  const log = createLog({ service: "watcher", instance: "test", level: "silent" });
  const status = createSourceStatusTracker(source, log, { now: () => now });
  const checks = readinessChecks({ busFault: () => undefined, statuses: () => [status] });
  status.recordPollStart(now);
  status.recordSuccess("a".repeat(40), now);
  status.recordNextPoll(after(30));
  expect(status.current()).toMatchObject({ status: "Healthy", code: null });
  expect(checks.GitRepository?.()).toBeUndefined();

  now = after(30);
  status.recordPollStart(now);
  now = after(30 + 13 * 60);
  expect(status.current()).toMatchObject({ status: "Unhealthy", code: "poll-overdue" });
  expect(status.current().reason).toContain("2026-06-01T12:00:30.000Z");
  expect(checks.GitRepository?.()).toContain("production: A poll has been running since");

  status.recordNextPoll(after(30 + 14 * 60));
  expect(status.current()).toMatchObject({ status: "Healthy", code: null });
});
