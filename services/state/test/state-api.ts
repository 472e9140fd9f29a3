import { askDescribed, createOpenapiContract } from "@honua/testing/openapi-contract";
import { openapiDocument } from "../src/http/openapi.ts";
import { TOKENS } from "./running-state.ts";

/** Whatever a test asks, the answer must be as the service describes itself. */
export const contract = createOpenapiContract(openapiDocument());

/** What the operator API answered. */
export interface Answer {
  status: number;
  answer: Record<string, unknown>;
}

/** Asks the operator API, by default as an operator; with a body it is a POST. */
export async function askState(
  url: string,
  path: string,
  { token = TOKENS.operator, body }: { token?: string; body?: object } = {},
): Promise<Answer> {
  const { status, answer } = await askDescribed(contract, url, `/api/gitops${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${token}` },
  });
  return { status, answer };
}
