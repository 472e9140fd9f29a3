/** Where the values of `${NAME}` and `${file:/path}` come from. */
export interface SecretSource {
  variable(name: string): string | undefined;
  /** Path of the file that holds the value of a variable which is not set itself (`NAME_FILE`). */
  variableFile?(name: string): string | undefined;
  /** @throws when the file cannot be read */
  file(path: string): Promise<string>;
}

/** A text with its references replaced, or the references that could not be. */
export type Resolution =
  | { resolved: true; text: string }
  | { resolved: false; missing: MissingReference[] };

/** Names the reference, never a value. */
export interface MissingReference {
  reference: string;
  why: string;
}

const REFERENCE = /\$\{([^}]*)\}/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces `${NAME}` by a variable and `${file:/path}` by a file's content without its last line
 * break. What a replacement holds is not looked at again.
 */
export async function resolveReferences(text: string, source: SecretSource): Promise<Resolution> {
  const references = new Set([...text.matchAll(REFERENCE)].map(([, body]) => body ?? ""));
  const values = new Map<string, string>();
  const missing: MissingReference[] = [];
  for (const body of references) {
    const found = await lookUp(body, source);
    if ("value" in found) values.set(body, found.value);
    else missing.push({ reference: `\${${body}}`, why: found.why });
  }
  if (missing.length > 0) return { resolved: false, missing };
  return { resolved: true, text: text.replaceAll(REFERENCE, (_, body) => values.get(body) ?? "") };
}

async function lookUp(
  body: string,
  source: SecretSource,
): Promise<{ value: string } | { why: string }> {
  if (body.startsWith("file:")) return readSecret(source, body.slice("file:".length));
  if (!VARIABLE.test(body)) return { why: "it is neither ${NAME} nor ${file:/path}" };
  const value = source.variable(body);
  if (value !== undefined && value !== "") return { value };
  const path = source.variableFile?.(body);
  if (path) return readSecret(source, path);
  return { why: "the gateway's environment has no such variable" };
}

async function readSecret(
  source: SecretSource,
  path: string,
): Promise<{ value: string } | { why: string }> {
  try {
    return { value: (await source.file(path)).replace(/\r?\n$/, "") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    return { why: `the file cannot be read (${code})` };
  }
}
