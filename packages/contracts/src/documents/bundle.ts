import { z } from "zod";
import { commitId, environmentName, sha256 } from "../environment.ts";

/** Hard limits on what one environment may hold in Git. */
export const BUNDLE_LIMITS = { bytes: 16 * 1024 * 1024, files: 2_000, jsonDepth: 64 } as const;

/** One file of a bundle. Configuration is text; a file that is not UTF-8 is refused by the watcher. */
export const bundleFile = z.object({ path: z.string().min(1), content: z.string() });

/** The raw files of one environment at one commit, sorted by path. */
export const bundle = z.object({ environment: environmentName, files: z.array(bundleFile) });
export type Bundle = z.infer<typeof bundle>;

/** Where a bundle lies in the object store `bundles`: its SHA-256 is its name. */
export const bundleReference = z.object({
  digest: sha256,
  bytes: z.number().int().nonnegative(),
  files: z.number().int().nonnegative(),
});

/** What checking the signature of a commit led to. */
export const commitSignature = z.object({
  trusted: z.boolean(),
  problem: z.string().nullable().describe("stable name of why it is not trusted"),
  signer: z.string().nullable().describe("whom the key belongs to, where it is known"),
  key: z.string().nullable().describe("fingerprint of the key"),
});
export type CommitSignature = z.infer<typeof commitSignature>;

/** The commit a bundle was taken from. */
export const commitInfo = z.object({
  id: commitId,
  repository: z.string().min(1).describe("URL of the repository, without credentials"),
  branch: z.string().min(1),
  author: z.object({ name: z.string(), email: z.string() }),
  committer: z.object({ name: z.string(), email: z.string() }),
  message: z.string(),
  committedAt: z.iso.datetime({ offset: true }),
  signature: commitSignature.optional().describe("absent where signatures are not verified"),
});
export type CommitInfo = z.infer<typeof commitInfo>;
