import { describe, expect, it } from "vitest";
import {
  allEvents,
  environmentName,
  environmentOf,
  eventSubject,
  eventSubjects,
  laneFilter,
} from "../src/index.ts";

describe("the name of an environment", () => {
  it.each(["production", "eu-west-1", "a", "0", "a".repeat(63)])("accepts %s", (name) => {
    expect(environmentName.safeParse(name).success).toBe(true);
  });
  it.each(["", "-a", "a-", "A", "a.b", "a b", "a*", "a>", "a".repeat(64), "ä"])(
    "refuses '%s'",
    (name) => {
      expect(environmentName.safeParse(name).success).toBe(false);
    },
  );
});

describe("subjects", () => {
  it("lead back to their environment", () => {
    expect(environmentOf(eventSubject("eu-west-1", "commit.detected"))).toBe("eu-west-1");
  });
  it("are those of a lane for what a reconciler acts on, and of history for all but a look", () => {
    const of = (root: string) =>
      allEvents
        .flatMap((event) => eventSubjects(event, "production"))
        .filter((subject) => subject.startsWith(`${root}.production.`))
        .map((subject) => subject.slice(`${root}.production.`.length));
    expect(of("lane").sort()).toEqual([
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
    expect(of("honua").sort()).toEqual(others.sort());
  });
  it("of a lane stay inside the stream, as nats-server 2.9 demands", () => {
    expect(laneFilter("production")).toBe("lane.production.>");
  });
});
