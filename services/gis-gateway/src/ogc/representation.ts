import type { IncomingMessage } from "node:http";
import { negotiate, type Offer } from "../http/content-negotiation.ts";
import { formValue } from "../http/form-text.ts";

/** The representations of every resource. */
export type Representation = "json" | "html";

/** JSON is the default. */
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

/** The representation that a request asks for. The parameter `f` takes precedence over `Accept`. */
export function representationOf({
  url = "",
  headers,
}: Pick<IncomingMessage, "url" | "headers">): Representation {
  const start = url.indexOf("?");
  const format = start === -1 ? undefined : formValue(url.slice(start + 1), "f");
  if (format !== undefined) return format === "html" ? "html" : "json";
  return negotiate(headers.accept, OFFERS);
}
