import { type Bundle, bundle } from "@honua/contracts";
import { type Bus, messageOf, PermanentError } from "@honua/service-kit";

/**
 * Reads the bundle of a deployment from the object store.
 *
 * @throws PermanentError `corrupt-object` if the content is not a bundle. A retry cannot help, because
 *   the content of a digest never changes.
 */
export async function readBundle(bus: Pick<Bus, "objects">, digest: string): Promise<Bundle> {
  const text = await (await bus.objects("bundles")).get(digest);
  try {
    return bundle.parse(JSON.parse(text));
  } catch (cause) {
    throw new PermanentError(
      "corrupt-object",
      `The object bundles/${digest} is not a bundle: ${messageOf(cause)}`,
      { cause },
    );
  }
}
