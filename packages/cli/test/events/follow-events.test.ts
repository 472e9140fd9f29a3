import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatusFailed } from "../../src/api/api-client.ts";
import { CommandFailed, EXIT } from "../../src/command-error.ts";
import { createEventParser, type ServerSentEvent } from "../../src/events/event-stream-parser.ts";
import { followEvents } from "../../src/events/follow-events.ts";

const frame = (position: number) => {
  const envelope = {
    specversion: "1.0",
    id: `message-${position}`,
    source: "honua/state",
    type: "honua.deploy.created.v1",
    subject: "production",
    time: "2026-11-21T09:00:00.000Z",
    datacontenttype: "application/json",
    data: {},
  };
  return `id: 0000000a-${position}\nevent: deploy.created\ndata: ${JSON.stringify(envelope)}\n\n`;
};
const opening = (position: number) => `retry: 2000\n: heartbeat\nid: 0000000a-${position}\n\n`;

describe("taking a stream apart", () => {
  it("gives the same events wherever the text was cut", () => {
    const text = `${opening(0)}${frame(1)}: heartbeat\r\nid: 0000000a-1\r\n\r\ndata: a\ndata:b\n\n`;
    const parse = (pieces: string[]) => {
      const events: ServerSentEvent[] = [];
      const take = createEventParser((event) => events.push(event));
      for (const piece of pieces) take(piece);
      return events;
    };
    const whole = parse([text]);
    expect(whole.map(({ id, event }) => [id, event])).toEqual([
      ["0000000a-0", "message"],
      ["0000000a-1", "deploy.created"],
      ["0000000a-1", "message"],
      ["0000000a-1", "message"],
    ]);
    expect(whole.at(-1)?.data).toBe("a\nb");
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(parse(pieces)).toEqual(whole);
      }),
    );
  });
});

/** A service that answers each connection with the next of these. */
async function follow(answers: (string[] | Error)[], stopAfter: number) {
  const resumedWith: (string | undefined)[] = [];
  const seen: string[] = [];
  const warnings: string[] = [];
  const enough = new AbortController();
  const remaining = [...answers];
  const outcome = followEvents(
    {
      async stream(_path, headers) {
        resumedWith.push(headers["last-event-id"]);
        const answer = remaining.shift();
        if (answer === undefined) throw new Error("asked too often");
        if (answer instanceof Error) throw answer;
        return (async function* () {
          yield* answer;
        })();
      },
    },
    new URLSearchParams(),
    {
      take({ envelope }) {
        seen.push(envelope.id);
        if (seen.length === stopAfter) enough.abort();
      },
      warn: (text) => warnings.push(text),
      signal: enough.signal,
    },
  );
  await outcome;
  return { resumedWith, seen, warnings };
}

describe("following events", () => {
  it("takes a stream up again behind the last event, and behind what it filtered out", async () => {
    const { resumedWith, seen } = await follow(
      [[opening(3)], [opening(3), frame(4)], [opening(9)], [frame(10)]],
      2,
    );
    expect(resumedWith).toEqual([undefined, "0000000a-3", "0000000a-4", "0000000a-9"]);
    expect(seen).toEqual(["message-4", "message-10"]);
  });

  it("waits for a service that is being started again", async () => {
    const away = new CommandFailed("cannot be reached");
    const { seen, warnings } = await follow([[opening(0)], away, away, [frame(1)]], 1);
    expect(seen).toEqual(["message-1"]);
    expect(warnings).toEqual(["The connection is lost; trying again …", "Connected again."]);
  });

  it("says that events are missing when they are no longer kept", async () => {
    const gone = new StatusFailed("Events are gone", EXIT.failed, 410);
    const { resumedWith, warnings } = await follow([[opening(0)], gone, [frame(8)]], 1);
    expect(resumedWith).toEqual([undefined, "0000000a-0", undefined]);
    expect(warnings[0]).toContain("Events are missing here");
  });

  it("gives up what is refused, and an address that never answered", async () => {
    const refused = new StatusFailed("does not know this token", EXIT.refused, 401);
    await expect(follow([refused], 1)).rejects.toBe(refused);
    await expect(follow([[opening(0)], refused], 1)).rejects.toBe(refused);
    const away = new CommandFailed("cannot be reached");
    await expect(follow([away], 1)).rejects.toBe(away);
  });
});
