/** HTML that is safe to send, because `html` has escaped all values in it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value of a template. Text is escaped; undefined and false render nothing. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** The end of a template part before the value of a URL attribute. */
const URL_ATTRIBUTE = /\s(?:href|src|action|data-source)="$/;
const BARE_ATTRIBUTE = /=\s*$/;

/**
 * Renders a template. Values are escaped in text and in quoted attributes. URLs that a browser
 * would execute, such as `javascript:`, become `#`.
 *
 * @throws TypeError for a template with an unquoted attribute value
 */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  let text = parts[0] ?? "";
  values.forEach((value, index) => {
    const before = parts[index] ?? "";
    if (BARE_ATTRIBUTE.test(before))
      throw new TypeError(`Quote the attribute value after: ${before}`);
    const isUrl = URL_ATTRIBUTE.test(before);
    text += isUrl ? escapeText(safeUrl(textOf(value))) : render(value);
    text += parts[index + 1] ?? "";
  });
  return new Markup(text);
}

/**
 * Renders a block of JSON that scripts of the view can read and that browsers do not execute.
 *
 * @param json JSON text. `<`, which occurs only inside strings, is escaped; the rest is unchanged.
 */
export function jsonBlock(id: string, json: string): Markup {
  const inert = new Markup(json.replaceAll("<", "\\u003c"));
  return html`<script type="application/json" id="${id}">${inert}</script>`;
}

/** Returns a URL within this site, an http(s) URL or a mailto URL unchanged, and `#` for others. */
export function safeUrl(url: string): string {
  if (/^(?:\/(?![/\\])|#|\?)/.test(url)) return url;
  return /^(?:https?:\/\/|mailto:)[^\s]/i.test(url) ? url : "#";
}

function render(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeText(String(value));
}

function textOf(value: Content): string {
  return typeof value === "string" ? value : "";
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
