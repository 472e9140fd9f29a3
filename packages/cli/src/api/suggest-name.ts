import { closestWord } from "@honua/text";
import { z } from "zod";
import { environmentPath } from "./api-paths.ts";

/** Reads JSON of the operator API. */
type Read = <Schema extends z.ZodType>(path: string, schema: Schema) => Promise<z.output<Schema>>;

/** Newest deployments of an environment that a mistyped id is compared with. */
const DEPLOYMENTS = 100;
/** Environments whose deployments are looked through when an id does not begin with its name. */
const ENVIRONMENTS = 5;

/**
 * What a name that nobody knows was most likely meant to be, as a sentence; undefined when the path
 * names nothing, or when the system cannot be asked.
 *
 * @param path that was answered with 404
 */
export async function missingHint(path: string, read: Read): Promise<string | undefined> {
  const [, environment, deployment] =
    /^\/api\/gitops\/(?:environments\/([^/?]+)|(?:deployments|approvals)\/([^/?]+))/.exec(path) ??
    [];
  try {
    if (environment) return await ofEnvironment(decodeURIComponent(environment), read);
    if (deployment) return await ofDeployment(decodeURIComponent(deployment), read);
  } catch {
    // A hint is not worth an error of its own.
  }
  return undefined;
}

async function ofEnvironment(name: string, read: Read): Promise<string | undefined> {
  const known = await environmentsOf(read);
  if (known.includes(name)) return undefined;
  const close = closestWord(name, known);
  if (close) return `Did you mean '${close}'?`;
  return `Known: ${known.length === 0 ? "none yet" : known.slice(0, 10).join(", ")}.`;
}

async function ofDeployment(id: string, read: Read): Promise<string> {
  const known = await environmentsOf(read);
  const own = known.filter((environment) => id.startsWith(`${environment}-`));
  const page = z.object({ items: z.array(z.object({ id: z.string() })) });
  const lists = await Promise.all(
    (own.length > 0 ? own : known.slice(0, ENVIRONMENTS)).map((environment) =>
      read(`${environmentPath(environment)}/deployments?limit=${DEPLOYMENTS}`, page),
    ),
  );
  const ids = lists.flatMap(({ items }) => items.map((one) => one.id));
  // Most often a part of the id, such as its commit.
  const part = id.length >= 4 ? ids.find((one) => one.includes(id)) : undefined;
  const close = part ?? closestWord(id, ids);
  const where = own.at(-1) ?? "ENVIRONMENT";
  return close ? `Did you mean '${close}'?` : `'honua history ${where}' lists those there are.`;
}

async function environmentsOf(read: Read): Promise<string[]> {
  const page = z.object({ items: z.array(z.object({ environment: z.string() })) });
  const { items } = await read("/api/gitops/environments?limit=200", page);
  return items.map(({ environment }) => environment);
}
