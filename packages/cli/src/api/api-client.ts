import { problemDetails } from "@honua/contracts";
import type { z } from "zod";
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import type { Connection } from "../connection/find-connection.ts";
import { suggestName } from "./suggest-name.ts";

const REQUEST_TIMEOUT_MS = 30_000;

/** A service responded with an error status. */
export class HttpStatusError extends CommandError {
  readonly status: number;
  /** Whether the response comes from another program or another version of the service. */
  readonly isForeign: boolean;

  constructor(message: string, exitCode: ExitCode, status: number, isForeign = false) {
    super(message, exitCode);
    this.status = status;
    this.isForeign = isForeign;
  }
}

/** Client of the operator API. All methods throw a CommandError if the request fails. */
export interface ApiClient {
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>>;
  post<Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.output<Schema>>;
  /** Opens a stream of server-sent events and returns its text. It has no timeout. */
  openEventStream(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string>>;
}

/**
 * Creates a client of the operator API. Paths under `/api/gitops/approvals` are sent to the
 * approvals service, all others to the state service.
 */
export function createApiClient(connection: Connection): ApiClient {
  const { stateUrl, approvalsUrl, token } = connection;
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const root = path.startsWith("/api/gitops/approvals") ? approvalsUrl : stateUrl;
    const headers = {
      accept: "application/json",
      ...init.headers,
      authorization: `Bearer ${token}`,
    };
    const response = await fetch(root + path, { ...init, headers }).catch((cause: unknown) => {
      throw new CommandError(unreachableMessage(root, connection, cause), EXIT.failed, { cause });
    });
    if (response.ok) return response;
    throw response.status === 404
      ? await notFoundError(path, response)
      : await errorFromResponse(response, connection);
  };
  const sendJson = async <Schema extends z.ZodType>(
    path: string,
    init: RequestInit,
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await send(path, { ...init, signal });
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new CommandError(unexpectedServiceMessage(new URL(response.url).origin), EXIT.failed, {
      cause: parsed.error,
    });
  };

  /** Adds a suggestion to the message, because an unknown name is most often mistyped. */
  async function notFoundError(path: string, response: Response): Promise<CommandError> {
    const error = await errorFromResponse(response, connection);
    if (error.isForeign) {
      return new CommandError(unexpectedServiceMessage(new URL(response.url).origin));
    }
    const suggestion = await suggestName(path, (other, schema) => sendJson(other, {}, schema));
    if (suggestion === undefined) return error;
    return new HttpStatusError(`${error.message}. ${suggestion}`, error.exitCode, response.status);
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
    async openEventStream(path, headers, signal) {
      const eventHeaders = { ...headers, accept: "text/event-stream" };
      const { body } = await send(path, { headers: eventHeaders, signal });
      return (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
    },
  };
}

/**
 * Converts an error response to an error with the message of the service.
 *
 * @param connection where the token comes from, to explain a 401
 */
export async function errorFromResponse(
  response: Response,
  connection?: Pick<Connection, "tokenSource">,
): Promise<HttpStatusError> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = problemDetails.safeParse(body);
  const { status, url } = response;
  const explanation = problem.success
    ? `${problem.data.title}: ${problem.data.detail ?? ""}`.replace(/\.$/, "")
    : `${url} responded with status ${status}`;
  const message =
    status === 401 && connection
      ? `${new URL(url).origin} does not accept this token, which comes from ${connection.tokenSource}. Set another one with --token or HONUA_TOKEN.`
      : explanation;
  // A path that the service does not have, or a body that is not a problem document.
  const isForeign = !problem.success || /^There is nothing at /.test(problem.data.detail ?? "");
  return new HttpStatusError(message, exitCodeOfStatus(status), status, isForeign);
}

function unexpectedServiceMessage(root: string): string {
  return `${root} does not respond like a Honua service of this version. Check HONUA_STATE_URL and HONUA_APPROVALS_URL: each is the root URL of its service.`;
}

function unreachableMessage(root: string, { stackHome }: Connection, error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const reason = cause instanceof Error ? cause.message : "";
  if (/certificate|altnames/i.test(reason)) {
    return `The certificate of ${root} is not trusted: ${reason}. Set HONUA_CA_FILE to the PEM file of its certificate authority.`;
  }
  if (stackHome) {
    return `The local stack in ${stackHome} does not respond at ${root}. Start it with 'honua up', or check it with 'honua doctor'.`;
  }
  return `${root} cannot be reached. Check that it is running, for example with 'honua doctor'.`;
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 400) return EXIT.usage;
  return [401, 403, 409, 422].includes(status) ? EXIT.refused : EXIT.failed;
}
