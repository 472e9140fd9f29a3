import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HttpStatusError } from "../../src/api/api-client.ts";
import { CommandError, EXIT } from "../../src/command-error.ts";
import {
  createEventStreamParser,
  type ServerSentEvent,
} from "../../src/events/event-stream-parser.ts";
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

describe("createEventStreamParser", () => {
  it("returns the same events wherever the text is split", () => {
    const text = `${opening(0)}${frame(1)}: heartbeat\r\nid: 0000000a-1\r\n\r\ndata: a\ndata:b\n\n`;
    const parse = (pieces: string[]) => {
      const events: ServerSentEvent[] = [];
      const parseChunk = createEventStreamParser((event) => events.push(event));
      for (const piece of pieces) parseChunk(piece);
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

/** Follows events while each connection receives the next of these responses. */
async function follow(responses: (string[] | Error)[], stopAfter: number) {
  const resumedWith: (string | undefined)[] = [];
  const seen: string[] = [];
  const warnings: string[] = [];
  const stop = new AbortController();
  const remaining = [...responses];
  await followEvents(
    {
      async openEventStream(_path, headers) {
        resumedWith.push(headers["last-event-id"]);
        const response = remaining.shift();
        if (response === undefined) throw new Error("unexpected connection");
        if (response instanceof Error) throw response;
        return (async function* () {
          yield* response;
        })();
      },
    },
    new URLSearchParams(),
    {
      onEvent({ envelope }) {
        seen.push(envelope.id);
        if (seen.length === stopAfter) stop.abort();
      },
      warn: (text) => warnings.push(text),
      signal: stop.signal,
    },
  );
  return { resumedWith, seen, warnings };
}

describe("followEvents", () => {
  it("resumes after the last event, and after events that were filtered out", async () => {
    const { resumedWith, seen } = await follow(
      [[opening(3)], [opening(3), frame(4)], [opening(9)], [frame(10)]],
      2,
    );
    expect(resumedWith).toEqual([undefined, "0000000a-3", "0000000a-4", "0000000a-9"]);
    expect(seen).toEqual(["message-4", "message-10"]);
  });

  it("reconnects after a restart of the service", async () => {
    const outage = new CommandError("cannot be reached");
    const { seen, warnings } = await follow([[opening(0)], outage, outage, [frame(1)]], 1);
    expect(seen).toEqual(["message-1"]);
    expect(warnings).toEqual(["The connection was lost. Retrying …", "Connected again."]);
  });

  it("warns about missing events if the server no longer stores them", async () => {
    const gone = new HttpStatusError("Events are gone", EXIT.failed, 410);
    const { resumedWith, warnings } = await follow([[opening(0)], gone, [frame(8)]], 1);
    expect(resumedWith).toEqual([undefined, "0000000a-0", undefined]);
    expect(warnings[0]).toContain("Events are missing here");
  });

  it("fails after a permanent error, and if the first connection fails", async () => {
    const refused = new HttpStatusError("does not accept this token", EXIT.refused, 401);
    await expect(follow([refused], 1)).rejects.toBe(refused);
    await expect(follow([[opening(0)], refused], 1)).rejects.toBe(refused);
    const outage = new CommandError("cannot be reached");
    await expect(follow([outage], 1)).rejects.toBe(outage);
  });
});
