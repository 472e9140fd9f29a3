import {
  ConnectionStringError,
  type ConnectionTarget,
  tlsModeOf,
  wholeNumber,
} from "./connection-target.ts";

/**
 * Parses `postgres://user:password@host:port/database?sslmode=…`.
 *
 * @throws ConnectionStringError
 */
export function parseConnectionUrl(text: string): ConnectionTarget {
  const url = URL.parse(text);
  if (!url) throw new ConnectionStringError("it is not a valid postgres:// URL");
  const parameters = url.searchParams;
  const host = parameters.get("host") ?? url.hostname.replace(/^\[(.*)\]$/, "$1");
  const user = parameters.get("user") ?? decode(url.username);
  if (host === "") throw new ConnectionStringError("the URL has no host");
  if (user === "") throw new ConnectionStringError("the URL has no user");
  const password = parameters.get("password") ?? decode(url.password);
  const rootCertificate = parameters.get("sslrootcert");
  const connectTimeout = parameters.get("connect_timeout");
  return {
    host: decode(host),
    port: url.port === "" ? 5432 : Number(url.port),
    database: decode(url.pathname.slice(1)) || user,
    user,
    ...(password === "" ? {} : { password }),
    tls: tlsModeOf(parameters.get("sslmode") ?? "prefer"),
    ...(rootCertificate ? { rootCertificate } : {}),
    ...(connectTimeout
      ? { connectTimeoutSeconds: wholeNumber("connect_timeout", connectTimeout, 1, 3_600) }
      : {}),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConnectionStringError("a '%' in the URL is not followed by two hexadecimal digits");
  }
}
