import { readFile } from "node:fs/promises";
import { CommandError, EXIT } from "../command-error.ts";
import { findStackHome, readStackFile } from "../stack/stack-file.ts";

/** Options of every command that connects to a system. */
export interface ConnectionFlags {
  stateUrl?: string;
  approvalsUrl?: string;
  token?: string;
}

/** Addresses and credentials of a system. */
export interface Connection {
  stateUrl: string;
  approvalsUrl: string;
  token: string;
  /** Where the token was found, for error messages. */
  tokenSource: string;
  /** Home of the local stack, if the address is the address of one. */
  stackHome: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Finds the system. The order of precedence is: options; then `HONUA_STATE_URL`,
 * `HONUA_APPROVALS_URL` and `HONUA_TOKEN` or `HONUA_TOKEN_FILE`; then the local stack in
 * `HONUA_HOME` or in the nearest `.honua` folder at or above `directory`.
 *
 * @throws CommandError when an address or the token is missing or invalid
 */
export async function findConnection(
  flags: ConnectionFlags,
  environment: Variables,
  directory: string,
): Promise<Connection> {
  const home = environment.HONUA_HOME ?? findStackHome(directory);
  const stack = home === undefined ? undefined : await readStackFile(home);
  const stateUrl =
    withoutTrailingSlash(flags.stateUrl ?? environment.HONUA_STATE_URL) ?? stack?.urls.state;
  const approvalsUrl =
    withoutTrailingSlash(flags.approvalsUrl ?? environment.HONUA_APPROVALS_URL) ??
    stack?.urls.approvals;
  const credentials = await findCredentials(flags, environment, stack && { ...stack, home });
  for (const url of [stateUrl, approvalsUrl]) if (url !== undefined) requireHttpUrl(url);
  if (stateUrl && approvalsUrl && credentials) {
    const isLocalStack = stateUrl === stack?.urls.state;
    const stackHome = isLocalStack ? home : undefined;
    return { stateUrl, approvalsUrl, ...credentials, stackHome };
  }
  if (!stateUrl && !approvalsUrl) {
    throw new CommandError(
      "No Honua system was found. Start one with 'honua up', or set HONUA_STATE_URL, HONUA_APPROVALS_URL and HONUA_TOKEN.",
      EXIT.usage,
    );
  }
  const missing = [
    ...(stateUrl ? [] : ["HONUA_STATE_URL (or --state-url)"]),
    ...(approvalsUrl ? [] : ["HONUA_APPROVALS_URL (or --approvals-url)"]),
    ...(credentials ? [] : ["HONUA_TOKEN or HONUA_TOKEN_FILE (or --token)"]),
  ];
  throw new CommandError(`The connection is incomplete. Set ${missing.join("; ")}.`, EXIT.usage);
}

/**
 * Reads the token from `HONUA_TOKEN`, or from the file at `HONUA_TOKEN_FILE`.
 *
 * @returns undefined if neither variable is set
 * @throws CommandError when the file cannot be read
 */
export async function findToken({
  HONUA_TOKEN: token,
  HONUA_TOKEN_FILE: path,
}: Variables): Promise<string | undefined> {
  if (token) return token;
  if (!path) return undefined;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "which does not exist" : `which cannot be read (${code})`;
    throw new CommandError(`HONUA_TOKEN_FILE is ${path}, ${reason}.`, EXIT.usage);
  }
}

async function findCredentials(
  flags: ConnectionFlags,
  environment: Variables,
  stack: { token: string; home: string | undefined } | undefined,
): Promise<Pick<Connection, "token" | "tokenSource"> | undefined> {
  if (flags.token) return { token: flags.token, tokenSource: "--token" };
  const token = await findToken(environment);
  if (token) {
    return { token, tokenSource: environment.HONUA_TOKEN ? "HONUA_TOKEN" : "HONUA_TOKEN_FILE" };
  }
  return stack && { token: stack.token, tokenSource: `${stack.home}/stack.json` };
}

function withoutTrailingSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, "");
}

/** Checks the scheme too, because `URL` accepts `localhost:5002` as a URL with scheme `localhost`. */
function requireHttpUrl(url: string): void {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return;
  throw new CommandError(
    `'${url}' is not the URL of a service. It must start with http:// or https://.`,
    EXIT.usage,
  );
}
