import { type Bundle, bundle } from "@honua/contracts";
import { type Bus, messageOf, PermanentError } from "@honua/service-kit";

/**
 * The files of a deployment.
 *
 * @throws PermanentError `corrupt-object` when they are none: a digest names its content for ever, so
 *   that another attempt would find the same
 */
export async function readBundle(bus: Pick<Bus, "objects">, digest: string): Promise<Bundle> {
  const text = await (await bus.objects("bundles")).get(digest);
  try {
    return bundle.parse(JSON.parse(text));
  } catch (cause) {
    throw new PermanentError(
      "corrupt-object",
      `bundles/${digest} is no bundle: ${messageOf(cause)}`,
      { cause },
    );
  }
}
