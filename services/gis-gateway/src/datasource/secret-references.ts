/** The source of values for `${NAME}` and `${file:/path}`. */
export interface SecretSource {
  variable(name: string): string | undefined;
  /** Path of the file with the value of a variable (`NAME_FILE`), if the variable itself is not set. */
  variableFile?(name: string): string | undefined;
  /** @throws if the file cannot be read */
  file(path: string): Promise<string>;
}

/** The text with its references replaced, or the references that could not be resolved. */
export type Resolution =
  | { resolved: true; text: string }
  | { resolved: false; missing: MissingReference[] };

/** Contains the reference, never a value. */
export interface MissingReference {
  reference: string;
  why: string;
}

const REFERENCE = /\$\{([^}]*)\}/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces `${NAME}` with a variable and `${file:/path}` with the content of a file without its final
 * line break. References inside replacements are not resolved.
 */
export async function resolveReferences(text: string, source: SecretSource): Promise<Resolution> {
  const references = new Set([...text.matchAll(REFERENCE)].map(([, body]) => body ?? ""));
  const values = new Map<string, string>();
  const missing: MissingReference[] = [];
  for (const body of references) {
    const found = await resolveReference(body, source);
    if ("value" in found) values.set(body, found.value);
    else missing.push({ reference: `\${${body}}`, why: found.why });
  }
  if (missing.length > 0) return { resolved: false, missing };
  return { resolved: true, text: text.replaceAll(REFERENCE, (_, body) => values.get(body) ?? "") };
}

async function resolveReference(
  body: string,
  source: SecretSource,
): Promise<{ value: string } | { why: string }> {
  if (body.startsWith("file:")) return readSecret(source, body.slice("file:".length));
  if (!VARIABLE.test(body)) return { why: "it is neither ${NAME} nor ${file:/path}" };
  const value = source.variable(body);
  if (value !== undefined && value !== "") return { value };
  const path = source.variableFile?.(body);
  if (path) return readSecret(source, path);
  return { why: "the gateway's environment does not have this variable" };
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
