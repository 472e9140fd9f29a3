import { TOKENS } from "./running-state.ts";

/** One server-sent event. */
export interface ReceivedEvent {
  id: string;
  event: string;
  envelope: { id: string; subject: string; type: string; data: Record<string, unknown> };
}

/** An open stream, as a client that reads it as fast as it comes. */
export interface EventReader {
  events: ReceivedEvent[];
  comments: string[];
  /** The id that a client would resume with. */
  lastId(): string;
  /** Resolves when the server ended the stream, or it broke. */
  ended: Promise<void>;
  cut(): void;
}

/** Opens `GET /api/gitops/events` and waits until it is connected. */
export async function readStream(
  url: string,
  {
    query = "",
    lastId,
    token = TOKENS.viewer,
  }: { query?: string; lastId?: string; token?: string } = {},
): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/gitops/events${query}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastId === undefined ? {} : { "last-event-id": lastId }),
    },
    signal: abort.signal,
  });
  if (!response.ok || !response.body)
    throw new Error(`${response.status}: ${await response.text()}`);
  const events: ReceivedEvent[] = [];
  const comments: string[] = [];
  let last = "";
  let connected = () => {};
  const opened = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const take = (frame: string) => {
    const fields = new Map(frame.split("\n").map((line) => splitField(line)));
    last = fields.get("id") ?? last;
    if (fields.has("")) comments.push(fields.get("") ?? "");
    const [event, data] = [fields.get("event"), fields.get("data")];
    if (event && data) events.push({ id: last, event, envelope: JSON.parse(data) });
    connected();
  };
  const read = async (body: NonNullable<typeof response.body>) => {
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const frames = (text + chunk).split("\n\n");
      text = frames.pop() ?? "";
      frames.forEach(take);
    }
  };
  const ended = read(response.body).catch(() => undefined);
  await Promise.race([opened, ended]);
  if (last === "") throw new Error("the stream ended before it was open");
  return { events, comments, lastId: () => last, ended, cut: () => abort.abort() };
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
}
