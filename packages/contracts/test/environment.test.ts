import { describe, expect, it } from "vitest";
import {
  allEvents,
  environmentName,
  environmentOf,
  eventSubject,
  eventSubjects,
  laneFilter,
} from "../src/index.ts";

describe("environmentName", () => {
  it.each(["production", "eu-west-1", "a", "0", "a".repeat(63)])("accepts %s", (name) => {
    expect(environmentName.safeParse(name).success).toBe(true);
  });
  it.each(["", "-a", "a-", "A", "a.b", "a b", "a*", "a>", "a".repeat(64), "ä"])(
    "rejects '%s'",
    (name) => {
      expect(environmentName.safeParse(name).success).toBe(false);
    },
  );
});

describe("subjects", () => {
  it("contain the name of their environment", () => {
    expect(environmentOf(eventSubject("eu-west-1", "commit.detected"))).toBe("eu-west-1");
  });
  it("are on the lane if a reconciler acts on the event, and in the history except for resync", () => {
    const eventNamesBelow = (root: string) =>
      allEvents
        .flatMap((event) => eventSubjects(event, "production"))
        .filter((subject) => subject.startsWith(`${root}.production.`))
        .map((subject) => subject.slice(`${root}.production.`.length));
    expect(eventNamesBelow("lane").sort()).toEqual([
      "commit.detected",
      "deploy.approved",
      "environment.resumed",
      "environment.resync",
      "environment.rollback-requested",
      "environment.sync-requested",
    ]);
    const others = allEvents
      .map(({ name }) => name)
      .filter((name) => name !== "environment.resync");
    expect(eventNamesBelow("honua").sort()).toEqual(others.sort());
  });
  it("of a lane match the subjects of its stream, as nats-server 2.9 requires", () => {
    expect(laneFilter("production")).toBe("lane.production.>");
  });
});
