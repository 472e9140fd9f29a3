import type { Problem } from "@honua/contracts";
import { holdsLiteralPassword } from "../connection-string.ts";
import { problemAt, type SourceDocument } from "../source/source-document.ts";
import { datasourcesOutline, entriesOf } from "./outline.ts";

/** Warnings for connection strings that contain a literal password. They never repeat the value. */
export function passwordWarnings(document: SourceDocument): Problem[] {
  const { datasources } = datasourcesOutline.parse(document.value);
  return entriesOf(datasources, "datasources").flatMap(({ path, value }) => {
    const { id = "", connectionString } = value;
    if (connectionString === undefined || !holdsLiteralPassword(connectionString)) return [];
    return problemAt(document, [...path, "connectionString"], {
      code: "secret-in-repository",
      message: `The connection string of datasource "${id}" contains a password that every reader of the repository can see.`,
      suggestion: "Change the password, and refer to it as ${NAME} or ${file:/run/secrets/name}.",
    });
  });
}
