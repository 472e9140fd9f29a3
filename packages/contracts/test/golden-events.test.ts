import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allEvents, envelope } from "../src/index.ts";

const golden = new URL("./golden/", import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, golden), "utf8"));

/**
 * The fixtures are messages that earlier versions published. Never edit them: a change that makes a
 * fixture invalid, or parses it differently, is not additive and needs a new version of the event.
 */
describe("events of earlier versions", () => {
  it.each(readdirSync(golden))("%s still parses to the same data", (name) => {
    const message = envelope.parse(read(name));
    const event = allEvents.find(({ type }) => type === message.type);
    expect(event, `${message.type} is still defined`).toBeDefined();
    expect(event?.data.parse(message.data)).toMatchObject(message.data as object);
  });

  it("cover every kind of event", () => {
    const covered = readdirSync(golden).map((name) => envelope.parse(read(name)).type);
    expect(covered.sort()).toEqual(allEvents.map(({ type }) => type).sort());
  });
});
