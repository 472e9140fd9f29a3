import type { ServerResponse } from "node:http";
import type { HeaderFields } from "@honua/service-kit";

/**
 * The head of an answer, gathered and then written at once. Node checks and files each header that is
 * set on a response, which for twenty of them takes as long as the rest of a short answer.
 */
export class ResponseHeaders {
  readonly #fields: string[] = [];
  #vary = "";

  /** @param name of a field that has no value yet */
  set(name: string, value: string | number): void {
    this.#fields.push(name, String(value));
  }

  /** Adds a field of the request to what the answer depends on. */
  vary(field: "Accept" | "Accept-Encoding" | "Origin"): void {
    this.#vary = this.#vary === "" ? field : `${this.#vary}, ${field}`;
  }

  /** Nothing may be set after it. */
  write(response: ServerResponse, status: number, security: HeaderFields): void {
    response.writeHead(status, [...security, ...this.#fields, "Vary", this.#vary]);
  }

  /** Sets the fields on a response that is answered by somebody else. */
  copyTo(response: ServerResponse): void {
    for (let at = 0; at < this.#fields.length; at += 2) {
      response.setHeader(this.#fields[at] ?? "", this.#fields[at + 1] ?? "");
    }
    if (this.#vary !== "") response.setHeader("Vary", this.#vary);
  }
}
