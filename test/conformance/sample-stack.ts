import { eventually } from "@honua/testing/eventually";
import { startLocalStack } from "@honua/testing/local-stack";
import { administer } from "@honua/testing/postgres-cluster";
import { addLayer, METADATA } from "../e2e/sample-layer.ts";
import type { RunningSystem } from "./conformance-tests.ts";
import { SAMPLE_LAYERS, SAMPLE_TABLES } from "./sample-layers.ts";

/** Starts the system of `npm start`, and adds the sample layers with a commit. */
export async function startSampleStack(flags: string[] = []): Promise<RunningSystem> {
  const stack = await startLocalStack(flags);
  try {
    const { urls, gisDatabaseUrl } = await stack.description();
    await administer(gisDatabaseUrl, SAMPLE_TABLES);
    await administer(gisDatabaseUrl, "analyze public.sites, public.parcels");
    for (const layer of SAMPLE_LAYERS) await stack.edit(METADATA, addLayer(layer));
    await stack.deploymentOf(await stack.push("feat: Layers for conformance tests"), "Completed");
    const root = `${urls.gateway}/ogc`;
    await eventually("every collection has its extent", async () => {
      const { collections } = (await (await fetch(`${root}/collections`)).json()) as {
        collections: { extent?: unknown }[];
      };
      return collections.length === 4 && collections.every(({ extent }) => extent !== undefined);
    });
    return { root, stop: () => stack.remove() };
  } catch (error) {
    await stack.remove();
    throw error;
  }
}
