/** What a message says; undefined when that is no JSON, whoever sent it. */
export function jsonOf(message: { json(): unknown }): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
