import type { ServerResponse } from "node:http";
import type { HeaderFields } from "@honua/service-kit";

/**
 * Collects the headers of a response and writes them at once. Setting twenty headers one by one on
 * Node's response takes as long as the rest of a short response, because Node validates and stores each.
 */
export class ResponseHeaders {
  readonly #fields: string[] = [];
  #vary = "";

  /** @param name of a header that has no value yet */
  set(name: string, value: string | number): void {
    this.#fields.push(name, String(value));
  }

  /** Adds a request header to `Vary`. */
  vary(field: "Accept" | "Accept-Encoding" | "Origin"): void {
    this.#vary = this.#vary === "" ? field : `${this.#vary}, ${field}`;
  }

  /** Writes the status and the headers. Headers cannot be set afterwards. */
  write(response: ServerResponse, status: number, security: HeaderFields): void {
    response.writeHead(status, [...security, ...this.#fields, "Vary", this.#vary]);
  }

  /** Copies the headers to a response that another handler sends. */
  copyTo(response: ServerResponse): void {
    for (let at = 0; at < this.#fields.length; at += 2) {
      response.setHeader(this.#fields[at] ?? "", this.#fields[at + 1] ?? "");
    }
    if (this.#vary !== "") response.setHeader("Vary", this.#vary);
  }
}
