import { closestWord } from "@honua/text";
import { z } from "zod";
import { environmentPath } from "./api-paths.ts";

/** Sends a GET request to the operator API. */
type GetJson = <Schema extends z.ZodType>(
  path: string,
  schema: Schema,
) => Promise<z.output<Schema>>;

/** Number of deployments per environment that a mistyped id is compared with. */
const COMPARED_DEPLOYMENTS = 100;
/** Number of environments that are searched if the id does not start with the name of one. */
const SEARCHED_ENVIRONMENTS = 5;

/**
 * Suggests the name that the user most likely meant.
 *
 * @param path path of the operator API that returned 404
 * @returns a sentence, or undefined if the path contains no name or the suggestion fails
 */
export async function suggestName(path: string, getJson: GetJson): Promise<string | undefined> {
  const [, environment, deployment] =
    /^\/api\/gitops\/(?:environments\/([^/?]+)|(?:deployments|approvals)\/([^/?]+))/.exec(path) ??
    [];
  try {
    if (environment) return await suggestEnvironment(decodeURIComponent(environment), getJson);
    if (deployment) return await suggestDeployment(decodeURIComponent(deployment), getJson);
  } catch {
    // The original error is more useful than the error of a suggestion.
  }
  return undefined;
}

async function suggestEnvironment(name: string, getJson: GetJson): Promise<string | undefined> {
  const environments = await readEnvironmentNames(getJson);
  if (environments.includes(name)) return undefined;
  const closest = closestWord(name, environments);
  if (closest) return `Did you mean '${closest}'?`;
  if (environments.length === 0) return "There is no environment yet.";
  return `Existing environments: ${environments.slice(0, 10).join(", ")}.`;
}

async function suggestDeployment(id: string, getJson: GetJson): Promise<string> {
  const environments = await readEnvironmentNames(getJson);
  const matching = environments.filter((environment) => id.startsWith(`${environment}-`));
  const page = z.object({ items: z.array(z.object({ id: z.string() })) });
  const searched = matching.length > 0 ? matching : environments.slice(0, SEARCHED_ENVIRONMENTS);
  const lists = await Promise.all(
    searched.map((environment) =>
      getJson(`${environmentPath(environment)}/deployments?limit=${COMPARED_DEPLOYMENTS}`, page),
    ),
  );
  const ids = lists.flatMap(({ items }) => items.map((item) => item.id));
  // Users often type a part of the id, such as its commit.
  const containing = id.length >= 4 ? ids.find((other) => other.includes(id)) : undefined;
  const closest = containing ?? closestWord(id, ids);
  if (closest) return `Did you mean '${closest}'?`;
  const environment = matching.at(-1) ?? environments[0];
  return environment
    ? `List the existing ones with 'honua history ${environment}'.`
    : "There is no deployment yet.";
}

async function readEnvironmentNames(getJson: GetJson): Promise<string[]> {
  const page = z.object({ items: z.array(z.object({ environment: z.string() })) });
  const { items } = await getJson("/api/gitops/environments?limit=200", page);
  return items.map(({ environment }) => environment);
}
