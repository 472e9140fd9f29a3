import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allEvents, envelope } from "../src/index.ts";

const golden = new URL("./golden/", import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, golden), "utf8"));

/**
 * The fixtures are messages as earlier versions published them. They are never edited: a change
 * that makes one of them invalid, or changes what is read from it, is not additive and needs a new
 * version of the event.
 */
describe("events as published before", () => {
  it.each(readdirSync(golden))("%s is still understood as it was", (name) => {
    const message = envelope.parse(read(name));
    const event = allEvents.find(({ type }) => type === message.type);
    expect(event, `${message.type} is still known`).toBeDefined();
    expect(event?.data.parse(message.data)).toMatchObject(message.data as object);
  });

  it("has a fixture for every kind of event", () => {
    const covered = readdirSync(golden).map((name) => envelope.parse(read(name)).type);
    expect(covered.sort()).toEqual(allEvents.map(({ type }) => type).sort());
  });
});
