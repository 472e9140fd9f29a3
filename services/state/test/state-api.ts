import { TOKENS } from "./running-state.ts";

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
  const response = await fetch(`${url}/api/gitops${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, answer: (await response.json()) as Answer["answer"] };
}
