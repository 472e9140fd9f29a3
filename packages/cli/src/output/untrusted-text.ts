/**
 * Characters that change what a terminal shows instead of being shown: C0 and C1 control characters
 * (among them ESC, which starts ANSI escape sequences), line and paragraph separators, bidirectional
 * controls (which can reorder the text around them, see https://trojansource.codes), and surrogates
 * without their partner.
 */
const UNSAFE_CHARACTERS =
  /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Makes text from Git or from other users safe to print: commit messages, titles, names, reasons.
 * Control characters become visible escapes such as `\x1b` and `\u202e`; an unpaired surrogate
 * becomes U+FFFD.
 *
 * @param options.multiline keeps line feeds and tabs; by default the result is a single line
 */
export function escapeUntrustedText(text: string, options: { multiline?: boolean } = {}): string {
  const escaped = (character: string) => {
    if (options.multiline && (character === "\n" || character === "\t")) return character;
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    return character.isWellFormed() ? visibleEscape(character) : "\ufffd";
  };
  const normalized = options.multiline ? text.replaceAll("\r\n", "\n") : text;
  return normalized.replace(UNSAFE_CHARACTERS, escaped);
}

/**
 * Applies `escapeUntrustedText` to all strings of a value from a service, keys included. A formatter
 * that receives the result may add colours without checking each field. Line feeds are kept.
 */
export function escapeUntrustedValue<Value>(value: Value): Value {
  return mapStrings(value, (text) => escapeUntrustedText(text, { multiline: true }));
}

/** Whether the text can be printed as it is, on one line. */
export function isSafeText(text: string): boolean {
  return escapeUntrustedText(text) === text;
}

/**
 * Serializes a value as JSON that is valid for every parser and safe on a terminal: unpaired
 * surrogates are replaced by U+FFFD, and unsafe characters are written as `\uXXXX`, which does not
 * change the value.
 *
 * @param indent spaces per level; 0 for a single line
 */
export function safeJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(wellFormedValue(value), null, indent);
  // JSON.stringify escapes C0 controls in strings, so the only ones left are its own line feeds.
  return json.replace(UNSAFE_CHARACTERS, (character) =>
    character === "\n" ? character : unicodeEscape(character),
  );
}

/** Replaces the unpaired surrogates in all strings of a value by U+FFFD. */
export function wellFormedValue<Value>(value: Value): Value {
  return mapStrings(value, (text) => text.toWellFormed());
}

/** Escapes unsafe characters in a double-quoted JSON or YAML string, where `\uXXXX` is allowed. */
export function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function visibleEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? unicodeEscape(character) : `\\x${code.toString(16).padStart(2, "0")}`;
}

function mapStrings<Value>(value: Value, map: (text: string) => string): Value {
  if (typeof value === "string") return map(value) as Value;
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map)) as Value;
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, item]) => [map(key), mapStrings(item, map)]);
  return Object.fromEntries(entries) as Value;
}
