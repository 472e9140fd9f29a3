import type { IncomingMessage } from "node:http";
import { formValue } from "./form-text.ts";

/** What a resource can be answered as. */
export type Representation = "json" | "html";

interface Offer<Name> {
  name: Name;
  types: readonly string[];
}

/** The first is what a client gets that does not mind. */
const OFFERS: readonly Offer<Representation>[] = [
  {
    name: "json",
    types: [
      "application/json",
      "application/geo+json",
      "application/schema+json",
      "application/vnd.oai.openapi+json",
      "application/problem+json",
    ],
  },
  { name: "html", types: ["text/html", "application/xhtml+xml"] },
];

/** What a request asks for: by `f`, which wins, else by `Accept` (RFC 9110, 12.5.1). */
export function representationOf({
  url = "",
  headers,
}: Pick<IncomingMessage, "url" | "headers">): Representation {
  const start = url.indexOf("?");
  const format = start === -1 ? undefined : formValue(url.slice(start + 1), "f");
  if (format !== undefined) return format === "html" ? "html" : "json";
  return negotiate(headers.accept, OFFERS);
}

/**
 * The offer that `Accept` prefers. Of equally welcome ones the first is taken, and also when none is
 * welcome, because an answer that was not asked for says more than 406.
 *
 * @param offers at least one
 */
export function negotiate<Name extends string>(
  accept: string | undefined,
  offers: readonly Offer<Name>[],
): Name {
  const [usual] = offers;
  if (!usual) throw new TypeError("there is nothing to offer");
  if (accept === undefined) return usual.name;
  const ranges = parseAccept(accept);
  const welcome = (type: string) => {
    const [kind = ""] = type.split("/", 1);
    const range = ranges.get(type) ?? ranges.get(`${kind}/*`) ?? ranges.get("*/*");
    return range ?? 0;
  };
  let best = { name: usual.name, quality: -1 };
  for (const { name, types } of offers) {
    const quality = Math.max(...types.map(welcome));
    if (quality > best.quality) best = { name, quality };
  }
  return best.name;
}

/** Quality by media range; parameters other than `q` are ignored. */
function parseAccept(accept: string): Map<string, number> {
  const ranges = new Map<string, number>();
  for (const entry of accept.split(",")) {
    const [range = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const quality = weight === undefined ? 1 : Number(weight.slice(weight.indexOf("=") + 1));
    if (range === "" || !(quality >= 0 && quality <= 1)) continue;
    ranges.set(range, Math.max(ranges.get(range) ?? 0, quality));
  }
  return ranges;
}
