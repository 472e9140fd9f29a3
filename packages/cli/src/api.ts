import { problemDetails } from "@honua/contracts";
import type { z } from "zod";
import type { Connection } from "./connection.ts";
import { CommandFailed, EXIT, type ExitCode } from "./exit.ts";

/** Milliseconds one request may take. */
const TIMEOUT_MS = 30_000;

/** A service said no. */
export class StatusFailed extends CommandFailed {
  readonly status: number;

  constructor(message: string, exitCode: ExitCode, status: number) {
    super(message, exitCode);
    this.status = status;
  }
}

/** The operator API, as the commands use it. */
export interface Api {
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>>;
  post<Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.output<Schema>>;
}

/** Paths under `/api/gitops/approvals` go to the approvals service, every other to state. */
export function createApi({ stateUrl, approvalsUrl, token }: Connection): Api {
  const send = async <Schema extends z.ZodType>(
    method: "GET" | "POST",
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const root = path.startsWith("/api/gitops/approvals") ? approvalsUrl : stateUrl;
    const response = await fetch(root + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new CommandFailed(unreachable(root, cause), EXIT.failed, { cause });
    });
    if (!response.ok) throw await refusal(response);
    return schema.parse(await response.json());
  };
  return {
    get: (path, schema) => send("GET", path, undefined, schema),
    post: (path, body, schema) => send("POST", path, body, schema),
  };
}

/** What to do depends on what kept the request from being answered. */
function unreachable(root: string, error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const why = cause instanceof Error ? cause.message : "";
  if (/certificate|altnames/i.test(why)) {
    return `The certificate of ${root} is not trusted: ${why}. Name the authority's PEM file in HONUA_CA_FILE.`;
  }
  return `${root} cannot be reached. Is it running? Try 'honua doctor'.`;
}

/** The service's own words for why it said no. */
export async function refusal(response: Response): Promise<CommandFailed> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = problemDetails.safeParse(body);
  const message = problem.success
    ? `${problem.data.title}: ${problem.data.detail ?? ""}`
    : `${response.url} answered ${response.status}`;
  const refused = [401, 403, 409, 422].includes(response.status);
  return new StatusFailed(message, refused ? EXIT.refused : EXIT.failed, response.status);
}
