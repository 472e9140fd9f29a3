import { problemDetails } from "@honua/contracts";
import type { z } from "zod";
import { CommandFailed, EXIT, type ExitCode } from "../command-error.ts";
import type { Connection } from "../connection/find-connection.ts";
import { missingHint } from "./suggest-name.ts";

/** Milliseconds one request may take. */
const TIMEOUT_MS = 30_000;

/** A service said no. */
export class StatusFailed extends CommandFailed {
  readonly status: number;
  /** The answer is not one of the service that was meant. */
  readonly isForeign: boolean;

  constructor(message: string, exitCode: ExitCode, status: number, isForeign = false) {
    super(message, exitCode);
    this.status = status;
    this.isForeign = isForeign;
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
  /** An answer that has no end, as text; without a limit of time. */
  stream(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string>>;
}

/** Paths under `/api/gitops/approvals` go to the approvals service, every other to state. */
export function createApi(connection: Connection): Api {
  const { stateUrl, approvalsUrl, token } = connection;
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const root = path.startsWith("/api/gitops/approvals") ? approvalsUrl : stateUrl;
    const headers = {
      accept: "application/json",
      ...init.headers,
      authorization: `Bearer ${token}`,
    };
    const response = await fetch(root + path, { ...init, headers }).catch((cause: unknown) => {
      throw new CommandFailed(unreachable(root, connection, cause), EXIT.failed, { cause });
    });
    if (response.ok) return response;
    throw response.status === 404
      ? await missing(path, response)
      : await refusal(response, connection);
  };
  const sendJson = async <Schema extends z.ZodType>(
    path: string,
    init: RequestInit,
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const response = await send(path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new CommandFailed(strange(new URL(response.url).origin), EXIT.failed, {
      cause: parsed.error,
    });
  };

  /** A name that nobody knows is most often one that was mistyped. */
  async function missing(path: string, response: Response): Promise<CommandFailed> {
    const failed = await refusal(response, connection);
    if (failed.isForeign) return new CommandFailed(strange(new URL(response.url).origin));
    const hint = await missingHint(path, (other, schema) => sendJson(other, {}, schema));
    if (hint === undefined) return failed;
    return new StatusFailed(`${failed.message}. ${hint}`, failed.exitCode, response.status);
  }

  return {
    get: (path, schema) => sendJson(path, {}, schema),
    post: (path, body, schema) =>
      sendJson(
        path,
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        },
        schema,
      ),
    async stream(path, headers, signal) {
      const wanted = { ...headers, accept: "text/event-stream" };
      const { body } = await send(path, { headers: wanted, signal });
      return (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
    },
  };
}

/** Some other program listens there, or another version of this one. */
function strange(root: string): string {
  return `${root} does not answer as a Honua service of this version does. Check HONUA_STATE_URL and HONUA_APPROVALS_URL: each is the root of its service.`;
}

/** What to do depends on what kept the request from being answered. */
function unreachable(root: string, { stack }: Connection, error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const why = cause instanceof Error ? cause.message : "";
  if (/certificate|altnames/i.test(why)) {
    return `The certificate of ${root} is not trusted: ${why}. Name the authority's PEM file in HONUA_CA_FILE.`;
  }
  if (stack) {
    return `The local stack of ${stack} does not answer at ${root}. Start it with 'honua up', or look with 'honua doctor'.`;
  }
  return `${root} cannot be reached. Is it running? Try 'honua doctor'.`;
}

/** The service's own words for why it said no. */
export async function refusal(
  response: Response,
  connection?: Pick<Connection, "tokenFrom">,
): Promise<StatusFailed> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = problemDetails.safeParse(body);
  const { status, url } = response;
  const said = problem.success
    ? `${problem.data.title}: ${problem.data.detail ?? ""}`.replace(/\.$/, "")
    : `${url} answered ${status}`;
  const message =
    status === 401 && connection
      ? `${new URL(url).origin} does not know this token, which comes from ${connection.tokenFrom}. Give another one with --token or HONUA_TOKEN.`
      : said;
  // A path that the service does not have, or an answer in words that are not ours.
  const isForeign = !problem.success || /^There is nothing at /.test(problem.data.detail ?? "");
  return new StatusFailed(message, exitCodeOf(status), status, isForeign);
}

function exitCodeOf(status: number): ExitCode {
  if (status === 400) return EXIT.usage;
  return [401, 403, 409, 422].includes(status) ? EXIT.refused : EXIT.failed;
}
