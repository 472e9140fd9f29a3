import { describe, expect, it } from "vitest";
import { environmentName, environmentOf, eventSubject, laneFilter } from "../src/index.ts";

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
  it("of a lane stay inside the stream, as nats-server 2.9 demands", () => {
    expect(laneFilter("production")).toBe("lane.production.>");
  });
});
