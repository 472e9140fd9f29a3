import { editDistance } from "@honua/text";
import {
  ConnectionStringError,
  type ConnectionTarget,
  tlsModeOf,
  wholeNumber,
} from "./connection-target.ts";

/** The spellings that .NET's driver accepts for our keywords, in lower case without spaces. */
const KEYWORDS: Readonly<Record<string, string>> = {
  host: "Host",
  server: "Host",
  datasource: "Host",
  address: "Host",
  port: "Port",
  database: "Database",
  db: "Database",
  initialcatalog: "Database",
  username: "Username",
  userid: "Username",
  user: "Username",
  uid: "Username",
  password: "Password",
  pwd: "Password",
  sslmode: "SSL Mode",
  rootcertificate: "Root Certificate",
  timeout: "Timeout",
  connecttimeout: "Timeout",
  commandtimeout: "Command Timeout",
  maximumpoolsize: "Maximum Pool Size",
  maxpoolsize: "Maximum Pool Size",
  // Ignored; listed so that they are not reported as a typo of the two above.
  minimumpoolsize: "Minimum Pool Size",
  minpoolsize: "Minimum Pool Size",
};

/**
 * Parses a .NET connection string, `Host=…;Port=…;Database=…;Username=…;Password=…;SSL Mode=…`.
 * Keywords are case-insensitive; values with a `;` are in double or single quotes. Unknown keywords are
 * ignored, unless they look like a typo of a known one.
 *
 * @throws ConnectionStringError with the problem, but never with a value
 */
export function parseConnectionKeywords(text: string): ConnectionTarget {
  const values = new Map<string, string>();
  for (const [written, value] of parsePairs(text)) {
    const plain = written.toLowerCase().replaceAll(/[ _]/g, "");
    const keyword = KEYWORDS[plain];
    if (keyword !== undefined) values.set(keyword, value);
    else rejectTypo(plain);
  }
  const requiredValue = (keyword: string) => {
    const value = values.get(keyword);
    if (value) return value;
    throw new ConnectionStringError(`${keyword} is missing`);
  };
  const number = (keyword: string, least: number, most: number) => {
    const value = values.get(keyword);
    return value === undefined ? undefined : wholeNumber(keyword, value, least, most);
  };
  const user = requiredValue("Username");
  const password = values.get("Password");
  const rootCertificate = values.get("Root Certificate");
  const connectTimeoutSeconds = number("Timeout", 0, 3_600);
  const statementTimeoutSeconds = number("Command Timeout", 0, 86_400);
  const maxConnections = number("Maximum Pool Size", 1, 1_000);
  return {
    host: requiredValue("Host"),
    port: number("Port", 1, 65_535) ?? 5432,
    database: values.get("Database") || user,
    user,
    ...(password ? { password } : {}),
    tls: tlsModeOf(values.get("SSL Mode") ?? "prefer"),
    ...(rootCertificate ? { rootCertificate } : {}),
    ...(connectTimeoutSeconds ? { connectTimeoutSeconds } : {}),
    ...(statementTimeoutSeconds ? { statementTimeoutSeconds } : {}),
    ...(maxConnections ? { maxConnections } : {}),
  };
}

function rejectTypo(plain: string): void {
  const limit = Math.min(3, Math.max(1, Math.floor(plain.length / 3)));
  const distance = (keyword: string) => editDistance(plain, keyword, limit);
  const [close] = Object.keys(KEYWORDS).toSorted((a, b) => distance(a) - distance(b));
  if (close === undefined || distance(close) > limit) return;
  throw new ConnectionStringError(`it has an unknown keyword; did you mean '${KEYWORDS[close]}'?`);
}

/** Keyword, `=`, then a quoted value (a doubled quote is one quote) or everything up to `;`. */
const PAIR = /\s*([^=;]+?)\s*=\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^;]*?))\s*(?:;|$)/y;

function* parsePairs(text: string): Generator<[keyword: string, value: string]> {
  const source = text.trim();
  let position = 0;
  while (position < source.length) {
    PAIR.lastIndex = position;
    const match = PAIR.exec(source);
    if (!match) {
      if (/^[\s;]*$/.test(source.slice(position))) return;
      throw new ConnectionStringError(
        "it is neither a postgres:// URL nor a list of Keyword=value; pairs",
      );
    }
    const [, keyword = "", double, single, plain = ""] = match;
    yield [keyword, double?.replaceAll('""', '"') ?? single?.replaceAll("''", "'") ?? plain];
    position = PAIR.lastIndex;
  }
}
