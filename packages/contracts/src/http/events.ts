import { z } from "zod";
import { busAccess } from "../bus-access.ts";
import { environmentName, instant } from "../environment.ts";

/** Only the events that state records can be streamed, not those of the watcher and reconciler. */
const streamed = busAccess.state.publishes;

/** Names of the events that clients can stream, such as `deploy.completed`. */
export const STREAMED_EVENT_NAMES = streamed.map(({ name }) => name);

/** Resolves `deploy.completed`, or `deploy.*` for the whole family, to CloudEvents types. */
function typesNamed(pattern: string): string[] {
  const family = /^(deploy|environment)\.\*$/.exec(pattern)?.[1];
  return streamed
    .filter(({ name }) => name === pattern || (family && name.startsWith(`${family}.`)))
    .map(({ type }) => type);
}

/** Query of `GET /api/gitops/events`. */
export const eventsQuery = z
  .object({
    environment: environmentName.optional(),
    types: z
      .string()
      .transform((list, context) => {
        const types = list.split(",").map((pattern) => ({ pattern, named: typesNamed(pattern) }));
        for (const { pattern } of types.filter(({ named }) => named.length === 0)) {
          context.addIssue({
            code: "custom",
            message: `'${pattern}' is not one of deploy.*, environment.*, ${STREAMED_EVENT_NAMES.join(", ")}`,
          });
        }
        return types.flatMap(({ named }) => named);
      })
      .optional()
      .describe(
        "event names separated by commas; deploy.* and environment.* select a whole family",
      ),
    since: instant
      .optional()
      .describe("start with the events since this time; default: only new events"),
  })
  .strict();
