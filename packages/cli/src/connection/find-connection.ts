import { readFile } from "node:fs/promises";
import { CommandFailed, EXIT } from "../command-error.ts";
import { findHome, readStackFile } from "../stack/stack-file.ts";

/** Flags that every command takes to find the system. */
export interface ConnectionFlags {
  stateUrl?: string;
  approvalsUrl?: string;
  token?: string;
}

/** Where the system is, and who asks. */
export interface Connection {
  stateUrl: string;
  approvalsUrl: string;
  token: string;
  /** Where the token was found, for those who used a wrong one. */
  tokenFrom: string;
  /** Home of the local stack, where the address is that of one. */
  stack: string | undefined;
}

/**
 * From flags, then `HONUA_STATE_URL`, `HONUA_APPROVALS_URL`, `HONUA_TOKEN` (or the file that
 * `HONUA_TOKEN_FILE` names), then the local stack in
 * `HONUA_HOME` or the nearest `.honua` upwards.
 *
 * @throws CommandFailed when none of them says where the system is
 */
export async function findConnection(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Promise<Connection> {
  const home = environment.HONUA_HOME ?? findHome(directory);
  const stack = home === undefined ? undefined : await readStackFile(home);
  const trimmed = (url: string | undefined) => url?.replace(/\/+$/, "");
  const stateUrl = trimmed(flags.stateUrl ?? environment.HONUA_STATE_URL) ?? stack?.urls.state;
  const approvalsUrl =
    trimmed(flags.approvalsUrl ?? environment.HONUA_APPROVALS_URL) ?? stack?.urls.approvals;
  const found = await whoAsks(flags, environment, stack && { token: stack.token, home });
  for (const url of [stateUrl, approvalsUrl]) if (url !== undefined) requireUrl(url);
  if (stateUrl && approvalsUrl && found) {
    const isLocal = stateUrl === stack?.urls.state;
    return { stateUrl, approvalsUrl, ...found, stack: isLocal ? home : undefined };
  }
  if (!stateUrl && !approvalsUrl) {
    throw new CommandFailed(
      "No Honua system is known here. Start one with 'honua up', or set HONUA_STATE_URL, HONUA_APPROVALS_URL and HONUA_TOKEN.",
      EXIT.usage,
    );
  }
  const missing = [
    ...(stateUrl ? [] : ["HONUA_STATE_URL (or --state-url)"]),
    ...(approvalsUrl ? [] : ["HONUA_APPROVALS_URL (or --approvals-url)"]),
    ...(found ? [] : ["HONUA_TOKEN, HONUA_TOKEN_FILE (or --token)"]),
  ];
  throw new CommandFailed(`Also needed: ${missing.join("; ")}.`, EXIT.usage);
}

/** `localhost:5002` is one to `URL`, with a scheme of its own. */
function requireUrl(url: string): void {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return;
  throw new CommandFailed(
    `'${url}' is no address of a service; it begins with http:// or https://.`,
    EXIT.usage,
  );
}

async function whoAsks(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>>,
  stack: { token: string; home: string | undefined } | undefined,
): Promise<Pick<Connection, "token" | "tokenFrom"> | undefined> {
  if (flags.token) return { token: flags.token, tokenFrom: "--token" };
  const token = await findToken(environment);
  if (token) {
    return { token, tokenFrom: environment.HONUA_TOKEN ? "HONUA_TOKEN" : "HONUA_TOKEN_FILE" };
  }
  return stack && { token: stack.token, tokenFrom: `${stack.home}/stack.json` };
}

/** `HONUA_TOKEN`, or what the file holds that `HONUA_TOKEN_FILE` names. */
export async function findToken({
  HONUA_TOKEN: token,
  HONUA_TOKEN_FILE: path,
}: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  if (token) return token;
  if (!path) return undefined;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "which does not exist" : `which cannot be read (${code})`;
    throw new CommandFailed(`HONUA_TOKEN_FILE names ${path}, ${why}.`, EXIT.usage);
  }
}
