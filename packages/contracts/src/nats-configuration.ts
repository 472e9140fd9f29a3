import { SERVICE_NAMES, type SubjectPermissions, subjectPermissions } from "./bus-access.ts";

/** The bus user that creates the streams and buckets. It is not a service. */
export const BUS_ADMINISTRATOR = "administrator";

/** Name of a user's variable in the passwords file, such as `GIS_GATEWAY_PASSWORD`. */
export function passwordVariable(user: string): string {
  return `${user.replaceAll("-", "_").toUpperCase()}_PASSWORD`;
}

/**
 * Generates the configuration of nats-server: one user per service, with its permissions.
 *
 * @param passwordsFile path of the included file that sets the variables of `passwordVariable`
 */
export function natsConfiguration(passwordsFile: string): string {
  return [
    "# The plan of a deployment is one message, even if it changes thousands of layers.",
    "max_payload: 8MB",
    "",
    `include ${JSON.stringify(passwordsFile)}`,
    "",
    "authorization {",
    "  users: [",
    "    # Creates the streams and buckets before the services start.",
    `    { user: ${BUS_ADMINISTRATOR}, password: $${passwordVariable(BUS_ADMINISTRATOR)} }`,
    ...SERVICE_NAMES.flatMap((service) => userLines(service, subjectPermissions(service))),
    "  ]",
    "}",
    "",
  ].join("\n");
}

function userLines(service: string, { publish, subscribe }: SubjectPermissions): string[] {
  return [
    "    {",
    `      user: ${service}, password: $${passwordVariable(service)}`,
    "      permissions: {",
    `        publish: [${list(publish)}]`,
    `        subscribe: [${list(subscribe)}]`,
    "        # Replies to the caller's inbox while the caller waits.",
    "        allow_responses: true",
    "      }",
    "    }",
  ];
}

function list(subjects: readonly string[]): string {
  const lines = subjects.map((subject) => `          ${JSON.stringify(subject)}`);
  return `\n${lines.join("\n")}\n        `;
}
