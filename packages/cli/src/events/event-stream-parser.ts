/** One server-sent event, or an id that came without one. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Takes a stream of server-sent events apart, wherever its pieces were cut.
 *
 * @param take called for each event with data, and with empty data where only the id moved on
 * @returns takes the next piece of text
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventParser(take: (event: ServerSentEvent) => void): (text: string) => void {
  let rest = "";
  let fields = { event: "message", data: [] as string[], touched: false };
  let id = "";
  const line = (text: string) => {
    if (text === "") {
      if (fields.touched) take({ id, event: fields.event, data: fields.data.join("\n") });
      fields = { event: "message", data: [], touched: false };
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "id") id = value;
    else if (name === "event") fields.event = value;
    else if (name === "data") fields.data.push(value);
    if (name === "id" || name === "data") fields.touched = true;
  };
  return (text) => {
    // A carriage return at the very end may be half of a line's end.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    lines.forEach(line);
  };
}
