import { z } from "zod";
import { commitId, environmentName, sha256 } from "../environment.ts";

/** Hard limits on the configuration of one environment in Git. */
export const BUNDLE_LIMITS = { bytes: 16 * 1024 * 1024, files: 2_000, jsonDepth: 64 } as const;

/** One file of a bundle. Configuration is text: the watcher refuses a file that is not UTF-8. */
export const bundleFile = z.object({ path: z.string().min(1), content: z.string() });

/** The raw files of one environment at one commit, sorted by path. */
export const bundle = z.object({ environment: environmentName, files: z.array(bundleFile) });
export type Bundle = z.infer<typeof bundle>;

/** Reference to a bundle in the object store `bundles`, where its name is its SHA-256. */
export const bundleReference = z.object({
  digest: sha256,
  bytes: z.number().int().nonnegative(),
  files: z.number().int().nonnegative(),
});

/** Result of verifying the signature of a commit. */
export const commitSignature = z.object({
  trusted: z.boolean(),
  problem: z.string().nullable().describe("stable code of why the signature is not trusted"),
  signer: z.string().nullable().describe("owner of the key, if known"),
  key: z.string().nullable().describe("fingerprint of the key"),
});
export type CommitSignature = z.infer<typeof commitSignature>;

/** The commit from which a bundle was read. */
export const commitInfo = z.object({
  id: commitId,
  repository: z.string().min(1).describe("URL of the repository, without credentials"),
  branch: z.string().min(1),
  author: z.object({ name: z.string(), email: z.string() }),
  committer: z.object({ name: z.string(), email: z.string() }),
  message: z.string(),
  committedAt: z.iso.datetime({ offset: true }),
  signature: commitSignature.optional().describe("absent if signatures are not verified"),
});
export type CommitInfo = z.infer<typeof commitInfo>;
