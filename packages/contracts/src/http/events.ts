import { z } from "zod";
import { busAccess } from "../bus-access.ts";
import { environmentName, instant } from "../environment.ts";

/** What state records, and so can be streamed: all but what the watcher and the reconciler tell. */
const streamed = busAccess.state.publishes;

/** Names of the events that can be streamed, such as `deploy.completed`. */
export const STREAMED_EVENT_NAMES = streamed.map(({ name }) => name);

/** `deploy.completed`, or `deploy.*` for all of a kind, as CloudEvents types. */
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
        "names of events, separated by commas; deploy.* and environment.* mean all of them",
      ),
    since: instant
      .optional()
      .describe("begin with the events since then; default: with what happens from now on"),
  })
  .strict();
