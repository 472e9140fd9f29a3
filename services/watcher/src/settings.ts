import { join, resolve } from "node:path";
import { environmentName } from "@honua/contracts";
import { configuredBoolean, listenPort, serviceSettings } from "@honua/service-kit";
import { z } from "zod";
import { privateKeyProblem, trustedFileProblem } from "./git/file-permissions.ts";
import { parseRepositoryUrl } from "./git/repository-url.ts";
import { WEBHOOK_PROVIDERS, type WebhookProvider } from "./http/webhook-schemes.ts";
import { SIGNATURE_MODES } from "./signatures/signature-policy.ts";
import type { Source } from "./watch/source.ts";

// The rules of `git check-ref-format --branch`, without names that look like options.
const branchName = z
  .string()
  .regex(
    /^(?![-./])(?!.*(\.\.|\/\/|\/\.|@\{|\.lock(\/|$)))[^\s~^:?*[\\\p{Cc}]+(?<![./])$/u,
    "is not a valid branch name",
  );
const seconds = z.coerce.number().min(0.2).max(86_400);
const nonEmpty = z.string().min(1);

const privateKeyPath = nonEmpty.superRefine((path, context) => {
  const message = privateKeyProblem(path);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** A file with trusted keys. */
const trustedFile = nonEmpty.superRefine((path, context) => {
  const message = trustedFileProblem(path);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** A shared secret, or a GitLab signing token: `whsec_` and the key in base64. */
const webhookSecret = z
  .string()
  .min(16)
  .refine((secret) => !secret.startsWith("whsec_") || /^whsec_[A-Za-z0-9+/]{32,}=*$/.test(secret), {
    message: "starts with whsec_ but is not a signing token; copy the complete token",
  });
const webhook = (sender: string) =>
  z
    .object({ Secret: webhookSecret.describe(`shared with ${sender}; enables its endpoint`) })
    .optional();

const sourceSettings = z.object({
  RepositoryUrl: nonEmpty.optional().describe("`GitOps.RepositoryUrl` by default"),
  Branch: branchName.optional().describe("`Watcher.Branch` by default"),
  Environment: environmentName.describe("folder below `environments`"),
  PollIntervalSeconds: seconds.optional().describe("`Watcher.PollIntervalSeconds` by default"),
});

const gitopsSettings = z.object({
  RepositoryUrl: nonEmpty.optional().describe("https, ssh or git@host:path"),
  RepositoryPath: nonEmpty
    .optional()
    .describe("folder of the mirrors; `gitops-repo` in HONUA_HOME by default"),
  AllowFileUrls: configuredBoolean.default(false).describe("also allows file:// URLs, for testing"),
  Credentials: z
    .object({
      Username: nonEmpty.optional().describe("for https"),
      Password: nonEmpty.optional().describe("for https: a password or an access token"),
      SshKeyPath: privateKeyPath.optional().describe("private key, readable by its owner only"),
      KnownHostsPath: nonEmpty.optional().describe("host keys; the file of the user by default"),
    })
    .default({}),
  Watcher: z
    .object({
      Branch: branchName.default("main").describe("branch to watch"),
      Environment: environmentName.optional().describe("required without `Sources`"),
      PollIntervalSeconds: seconds.default(30).describe("interval between polls"),
      VerifySignatures: z.enum(SIGNATURE_MODES).default("off").describe("of commits"),
      AllowedSignersFile: trustedFile.optional().describe("SSH: trusted keys (ssh-keygen(1))"),
      RevokedSignersFile: trustedFile.optional().describe("SSH: revoked keys"),
      TrustedKeysFile: trustedFile.optional().describe("GPG: trusted public keys, armoured"),
    })
    .prefault({}),
  Sources: z.array(sourceSettings).default([]),
  Webhooks: z
    .object({
      GitHub: webhook("GitHub"),
      GitLab: webhook("GitLab"),
      Bitbucket: webhook("Bitbucket"),
      Gitea: webhook("Gitea or Forgejo"),
      Generic: webhook("your own sender"),
      RequestsPerMinute: z.coerce
        .number()
        .int()
        .min(1)
        .default(60)
        .describe("limit for each address; further requests get 429"),
    })
    .prefault({}),
});

/** Settings of the watcher; `sources` is derived from the others. */
export const watcherSettings = serviceSettings
  .extend({
    PORT: listenPort(5003),
    HONUA_HOME: nonEmpty.default(".").describe("folder for the data of the watcher"),
    GitOps: gitopsSettings.prefault({}),
  })
  .transform((settings, context) => {
    const { GitOps, HONUA_HOME } = settings;
    const { VerifySignatures, AllowedSignersFile, TrustedKeysFile } = GitOps.Watcher;
    if (VerifySignatures !== "off" && !AllowedSignersFile && !TrustedKeysFile) {
      const message = `is '${VerifySignatures}', but there are no trusted keys; set AllowedSignersFile (SSH), TrustedKeysFile (GPG), or both`;
      const path = ["GitOps", "Watcher", "VerifySignatures"];
      context.addIssue({ code: "custom", path, message });
    }
    return {
      ...settings,
      webhookSecrets: webhookSecretsOf(GitOps.Webhooks),
      mirrorsDirectory: resolve(GitOps.RepositoryPath ?? join(HONUA_HOME, "gitops-repo")),
      sources: sourcesOf(GitOps, (path, message) =>
        context.addIssue({ code: "custom", path: ["GitOps", ...path], message }),
      ),
    };
  });
export type WatcherSettings = z.output<typeof watcherSettings>;

/** The secrets of the enabled providers. */
function webhookSecretsOf(
  settings: z.output<typeof gitopsSettings>["Webhooks"],
): Map<WebhookProvider, string> {
  const providers = Object.keys(WEBHOOK_PROVIDERS) as WebhookProvider[];
  return new Map(
    providers.flatMap((provider) => {
      const secret = settings[WEBHOOK_PROVIDERS[provider]]?.Secret;
      return secret === undefined ? [] : [[provider, secret] as const];
    }),
  );
}

/** The sources in `Sources`, and the one described by the `Watcher` keys. */
function sourcesOf(
  settings: z.output<typeof gitopsSettings>,
  refuse: (path: (string | number)[], message: string) => void,
): Source[] {
  const { Watcher, Sources } = settings;
  const configured: { path: (string | number)[]; source: z.output<typeof sourceSettings> }[] =
    Sources.map((source, index) => ({ path: ["Sources", index], source }));
  if (Watcher.Environment !== undefined) {
    configured.unshift({ path: ["Watcher"], source: { Environment: Watcher.Environment } });
  }
  if (configured.length === 0) {
    refuse(["Watcher", "Environment"], "is required, unless GitOps.Sources lists the environments");
  }
  const seen = new Set<string>();
  return configured.flatMap(({ path, source }) => {
    const environment = source.Environment;
    if (seen.has(environment)) {
      refuse([...path, "Environment"], `'${environment}' is in two sources; remove one`);
    }
    seen.add(environment);
    const own = source.RepositoryUrl !== undefined;
    const urlPath = own ? [...path, "RepositoryUrl"] : ["RepositoryUrl"];
    const url = source.RepositoryUrl ?? settings.RepositoryUrl;
    if (url === undefined) {
      refuse(urlPath, "is required: the address of the configuration repository");
      return [];
    }
    const repository = parseRepositoryUrl(url, { allowFile: settings.AllowFileUrls });
    if ("refused" in repository) {
      refuse(urlPath, repository.refused);
      return [];
    }
    const branch = source.Branch ?? Watcher.Branch;
    const interval = source.PollIntervalSeconds ?? Watcher.PollIntervalSeconds;
    return [{ environment, repository, branch, pollIntervalMs: interval * 1_000 }];
  });
}
