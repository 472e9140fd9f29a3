import { SERVICE_NAMES, type SubjectPermissions, subjectPermissions } from "./bus-access.ts";

/** Who makes the streams and buckets; not a service. */
export const BUS_ADMINISTRATOR = "administrator";

/** Name of the variable in the passwords' file: `GIS_GATEWAY_PASSWORD`. */
export function passwordVariable(user: string): string {
  return `${user.replaceAll("-", "_").toUpperCase()}_PASSWORD`;
}

/**
 * The configuration of nats-server with one user for each service and its permissions.
 *
 * @param passwordsFile is included and sets the variables that `passwordVariable` names
 */
export function natsConfiguration(passwordsFile: string): string {
  return [
    "# A plan that changes thousands of layers travels in one message.",
    "max_payload: 8MB",
    "",
    `include ${JSON.stringify(passwordsFile)}`,
    "",
    "authorization {",
    "  users: [",
    "    # Makes the streams and buckets, before the services start.",
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
    "        # To the inbox of whoever calls it, for as long as that waits.",
    "        allow_responses: true",
    "      }",
    "    }",
  ];
}

function list(subjects: readonly string[]): string {
  const lines = subjects.map((subject) => `          ${JSON.stringify(subject)}`);
  return `\n${lines.join("\n")}\n        `;
}
