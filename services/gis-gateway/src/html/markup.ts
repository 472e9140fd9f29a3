/** HTML that is safe to send: made by `html`, so that whatever was put into it is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes; text is escaped, nothing at all stands for nothing. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** The end of a template's part after which the value of an address attribute follows. */
const ADDRESS_FOLLOWS = /\s(?:href|src|action|data-source)="$/;
const BARE_ATTRIBUTE = /=\s*$/;

/**
 * A template whose values are escaped, in text as well as in quoted attributes. Addresses that a
 * browser would run, such as `javascript:`, become `#`.
 *
 * @throws TypeError for a template that puts a value behind `=` without a quotation mark
 */
export function html(parts: TemplateStringsArray, ...values: Content[]): Markup {
  let text = parts[0] ?? "";
  values.forEach((value, index) => {
    const before = parts[index] ?? "";
    if (BARE_ATTRIBUTE.test(before)) throw new TypeError(`quote the attribute after: ${before}`);
    const isAddress = ADDRESS_FOLLOWS.test(before);
    text += isAddress ? escapeText(safeAddress(textOf(value))) : render(value);
    text += parts[index + 1] ?? "";
  });
  return new Markup(text);
}

/**
 * A block of JSON that scripts of the page can read and no browser runs.
 *
 * @param json is put in as it is, but for `<`, which in JSON is only found inside of strings
 */
export function jsonBlock(id: string, json: string): Markup {
  const inert = new Markup(json.replaceAll("<", "\\u003c"));
  return html`<script type="application/json" id="${id}">${inert}</script>`;
}

/** The address when it leads to a page of this site, to the web or to a mailbox, else `#`. */
export function safeAddress(address: string): string {
  if (/^(?:\/(?![/\\])|#|\?)/.test(address)) return address;
  return /^(?:https?:\/\/|mailto:)[^\s]/i.test(address) ? address : "#";
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
