/** A literal password, in a URL or in `key=value` pairs; the groups keep what stands around it. */
const PASSWORDS = [
  /^(postgres(?:ql)?:\/\/(?:\$\{[^}]*\}|[^:@/])*:)(.+)(@[^@]*)$/is,
  /((?:^|[;?&\s])\s*(?:password|pwd|sslpassword|ssl password)\s*=\s*)("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;&]*)/gi,
];

const REFERENCE = /^["']?\s*(?:\$\{[^}]*\})+\s*["']?$/;

/** Whether a connection string holds a password itself instead of a `${NAME}` reference. */
export function holdsLiteralPassword(connectionString: string): boolean {
  return maskPasswords(connectionString) !== connectionString;
}

/** The connection string as people may read it: references stay, literal passwords become `***`. */
export function maskPasswords(connectionString: string): string {
  return PASSWORDS.reduce(
    (text, pattern) =>
      text.replace(pattern, (whole, before: string, password: string, after: unknown) => {
        if (password.trim() === "" || REFERENCE.test(password)) return whole;
        return `${before}***${typeof after === "string" ? after : ""}`;
      }),
    connectionString,
  );
}
