import { dirname } from "node:path";
import type { RepositoryUrl } from "./repository-url.ts";

/** The Git credential. Every part is optional, because public repositories need none. */
export interface GitCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly sshKeyPath: string | undefined;
  readonly knownHostsPath: string | undefined;
}

/** Variables of this process that git, curl and ssh may see. */
const INHERITED = [
  "PATH",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "HTTPS_PROXY",
  "https_proxy",
  "NO_PROXY",
  "no_proxy",
  "GIT_SSL_CAINFO",
] as const;

// Reads the secret from the environment, so that it is in no argument list and no file.
const CREDENTIAL_HELPER =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$HONUA_GIT_USERNAME" "$HONUA_GIT_PASSWORD"; }; f';

/**
 * The whole environment of every git process for one repository: no prompts, no hooks, no
 * configuration from the machine, only the protocol in use, and the credential for its host only.
 *
 * @param surroundings environment of this process, of which only `INHERITED` is passed on
 */
export function gitEnvironment(options: {
  repository: RepositoryUrl;
  credentials: GitCredentials;
  mirrorsDirectory: string;
  surroundings: Readonly<Record<string, string | undefined>>;
}): Record<string, string> {
  const { repository, credentials, mirrorsDirectory, surroundings } = options;
  const inherited = INHERITED.flatMap((name) => {
    const value = surroundings[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const configuration: [string, string][] = [
    ["core.hooksPath", "/dev/null"],
    ["protocol.allow", "never"],
    [`protocol.${repository.protocol}.allow`, "always"],
    ["fetch.recurseSubmodules", "false"],
    // Polls must not wait for maintenance, which never ends on some histories (`Mirror.maintain`).
    ["gc.auto", "0"],
    ["gc.autoDetach", "false"],
    ["maintenance.auto", "false"],
    ["maintenance.autoDetach", "false"],
    ["fetch.writeCommitGraph", "false"],
    ["http.lowSpeedLimit", "1000"],
    ["http.lowSpeedTime", "30"],
    ["credential.helper", ""],
  ];
  const secret: Record<string, string> = {};
  if (repository.origin !== undefined && credentials.password !== undefined) {
    // Bound to the origin: after a redirect to another host git gets no credential.
    configuration.push([`credential.${repository.origin}.helper`, CREDENTIAL_HELPER]);
    secret.HONUA_GIT_USERNAME = credentials.username ?? "git";
    secret.HONUA_GIT_PASSWORD = credentials.password;
  }
  return {
    ...Object.fromEntries(inherited),
    ...secret,
    HOME: mirrorsDirectory,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    // Reads never fetch missing blobs one by one; `fetchBlobs` fetches all of them (git 2.44 or later).
    GIT_NO_LAZY_FETCH: "1",
    GIT_CEILING_DIRECTORIES: `${dirname(mirrorsDirectory)}:${mirrorsDirectory}`,
    GIT_SSH_COMMAND: sshCommand(credentials),
    ...configurationVariables(configuration),
  };
}

function sshCommand({ sshKeyPath, knownHostsPath }: GitCredentials): string {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=2",
  ];
  if (knownHostsPath !== undefined) {
    options.push(`UserKnownHostsFile=${knownHostsPath}`, "GlobalKnownHostsFile=/dev/null");
  }
  if (sshKeyPath !== undefined) options.push("IdentitiesOnly=yes", `IdentityFile=${sshKeyPath}`);
  return ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", quoted(option)])].join(
    " ",
  );
}

/** Quotes a word for the shell in which git runs its ssh command. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function configurationVariables(entries: readonly [string, string][]): Record<string, string> {
  const variables = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(variables) };
}
