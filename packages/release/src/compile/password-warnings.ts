import type { Problem } from "@honua/contracts";
import { holdsLiteralPassword } from "../connection-string.ts";
import { problemAt, type SourceDocument } from "../source/source-document.ts";
import { datasourcesOutline, entriesOf } from "./outline.ts";

/** Warns of connection strings that hold a password; the value itself is never repeated. */
export function warnOfSecrets(document: SourceDocument): Problem[] {
  const { datasources } = datasourcesOutline.parse(document.value);
  return entriesOf(datasources, "datasources").flatMap(({ path, value }) => {
    const { id = "", connectionString } = value;
    if (connectionString === undefined || !holdsLiteralPassword(connectionString)) return [];
    return problemAt(document, [...path, "connectionString"], {
      code: "secret-in-repository",
      message: `the connection string of datasource "${id}" holds a password, and everybody who reads the repository can see it`,
      suggestion: "change the password and refer to it as ${NAME} or ${file:/run/secrets/name}",
    });
  });
}
