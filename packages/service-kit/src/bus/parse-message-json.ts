/** The JSON body of a message, or undefined if it is not valid JSON. */
export function parseMessageJson(message: { json(): unknown }): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
