/** One server-sent event. `data` is empty if the server only moved the id forward. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Creates a parser for a stream of server-sent events, which may be split at any character.
 *
 * @param onEvent called for each event with data or an id
 * @returns a function that parses the next chunk of text
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventStreamParser(
  onEvent: (event: ServerSentEvent) => void,
): (chunk: string) => void {
  let incompleteLine = "";
  let fields = { event: "message", data: [] as string[], isComplete: false };
  let id = "";
  const parseLine = (line: string) => {
    if (line === "") {
      if (fields.isComplete) onEvent({ id, event: fields.event, data: fields.data.join("\n") });
      fields = { event: "message", data: [], isComplete: false };
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") id = value;
    else if (name === "event") fields.event = value;
    else if (name === "data") fields.data.push(value);
    if (name === "id" || name === "data") fields.isComplete = true;
  };
  return (chunk) => {
    // A carriage return at the end of the chunk may be the first half of a CRLF.
    const lines = (incompleteLine + chunk).split(/\r\n|\n|\r(?!$)/);
    incompleteLine = lines.pop() ?? "";
    lines.forEach(parseLine);
  };
}
