import { problemDetails } from "@honua/contracts";
import { closestWord } from "@honua/release";
import { z } from "zod";
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
    return schema.parse(await response.json());
  };

  /** A name that nobody knows is most often one that was mistyped. */
  async function missing(path: string, response: Response): Promise<CommandFailed> {
    const failed = await refusal(response, connection);
    const name = /^\/api\/gitops\/environments\/([^/?]+)/.exec(path)?.[1];
    if (name === undefined) return failed;
    const known = await environments().catch((): string[] => []);
    if (known.includes(name)) return failed;
    const close = closestWord(decodeURIComponent(name), known);
    const all = known.length === 0 ? "none yet" : known.slice(0, 10).join(", ");
    const hint = close ? `Did you mean '${close}'?` : `Known: ${all}.`;
    return new StatusFailed(`${failed.message}. ${hint}`, failed.exitCode, response.status);
  }

  async function environments(): Promise<string[]> {
    const page = z.object({ items: z.array(z.object({ environment: z.string() })) });
    const { items } = await sendJson("/api/gitops/environments?limit=200", {}, page);
    return items.map(({ environment }) => environment);
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
  const refused = [401, 403, 409, 422].includes(status);
  return new StatusFailed(message, refused ? EXIT.refused : EXIT.failed, status);
}
