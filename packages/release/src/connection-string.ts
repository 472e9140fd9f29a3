/**
 * A literal password, in a URL or in `key=value` pairs. The other groups keep the text around it.
 */
const PASSWORD_PATTERNS = [
  /^(postgres(?:ql)?:\/\/(?:\$\{[^}]*\}|[^:@/])*:)(.+)(@[^@]*)$/is,
  /((?:^|[;?&\s])\s*(?:password|pwd|sslpassword|ssl password)\s*=\s*)("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;&]*)/gi,
];

const REFERENCE_PATTERN = /^["']?\s*(?:\$\{[^}]*\})+\s*["']?$/;

/** True if a connection string contains a literal password instead of a `${NAME}` reference. */
export function holdsLiteralPassword(connectionString: string): boolean {
  return maskPasswords(connectionString) !== connectionString;
}

/** The connection string for display: literal passwords become `***`, references stay. */
export function maskPasswords(connectionString: string): string {
  return PASSWORD_PATTERNS.reduce(
    (text, pattern) =>
      text.replace(pattern, (whole, before: string, password: string, after: unknown) => {
        if (password.trim() === "" || REFERENCE_PATTERN.test(password)) return whole;
        return `${before}***${typeof after === "string" ? after : ""}`;
      }),
    connectionString,
  );
}
