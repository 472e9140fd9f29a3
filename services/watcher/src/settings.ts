import { join, resolve } from "node:path";
import { environmentName } from "@honua/contracts";
import { configuredBoolean, listenPort, serviceSettings } from "@honua/service-kit";
import { z } from "zod";
import { faultOfPrivateKey, faultOfTrustedFile } from "./git/file-permissions.ts";
import { parseRepositoryUrl } from "./git/repository-url.ts";
import { WEBHOOK_PROVIDERS, type WebhookProvider } from "./http/webhook-schemes.ts";
import { SIGNATURE_MODES } from "./signatures/signature-policy.ts";
import type { Source } from "./watch/source.ts";

// A branch as `git check-ref-format --branch` accepts it, without what could be read as an option.
const branchName = z
  .string()
  .regex(
    /^(?![-./])(?!.*(\.\.|\/\/|\/\.|@\{|\.lock(\/|$)))[^\s~^:?*[\\\p{Cc}]+(?<![./])$/u,
    "is not the name of a branch",
  );
const seconds = z.coerce.number().min(0.2).max(86_400);
const nonEmpty = z.string().min(1);

const privateKeyPath = nonEmpty.superRefine((path, context) => {
  const fault = faultOfPrivateKey(path);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

/** A file that decides whom to trust. */
const trustedFile = nonEmpty.superRefine((path, context) => {
  const fault = faultOfTrustedFile(path);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

/** A shared secret, or a signing token as GitLab makes them: `whsec_` and the key in base64. */
const webhookSecret = z
  .string()
  .min(16)
  .refine((secret) => !secret.startsWith("whsec_") || /^whsec_[A-Za-z0-9+/]{32,}=*$/.test(secret), {
    message: "starts with whsec_ but is no signing token; copy it whole",
  });
const webhook = (sender: string) =>
  z
    .object({ Secret: webhookSecret.describe(`shared with ${sender}; switches its endpoint on`) })
    .optional();

const sourceSettings = z.object({
  RepositoryUrl: nonEmpty.optional().describe("the common one, when absent"),
  Branch: branchName.optional().describe("the common one, when absent"),
  Environment: environmentName.describe("folder below `environments`"),
  PollIntervalSeconds: seconds.optional().describe("the common one, when absent"),
});

const gitopsSettings = z.object({
  RepositoryUrl: nonEmpty.optional().describe("https, ssh or git@host:path"),
  RepositoryPath: nonEmpty
    .optional()
    .describe("folder of the mirrors; `gitops-repo` in HONUA_HOME when absent"),
  AllowFileUrls: configuredBoolean
    .default(false)
    .describe("file:// as well, for trying things out"),
  Credentials: z
    .object({
      Username: nonEmpty.optional().describe("for https"),
      Password: nonEmpty.optional().describe("for https: a password or an access token"),
      SshKeyPath: privateKeyPath.optional().describe("private key that nobody else can read"),
      KnownHostsPath: nonEmpty.optional().describe("host keys; the user's own file when absent"),
    })
    .default({}),
  Watcher: z
    .object({
      Branch: branchName.default("main").describe("the branch that is watched"),
      Environment: environmentName.optional().describe("needed without `Sources`"),
      PollIntervalSeconds: seconds.default(30).describe("between two looks at the repository"),
      VerifySignatures: z.enum(SIGNATURE_MODES).default("off").describe("of commits"),
      AllowedSignersFile: trustedFile.optional().describe("SSH: whom to trust (ssh-keygen(1))"),
      RevokedSignersFile: trustedFile.optional().describe("SSH: keys not to trust any more"),
      TrustedKeysFile: trustedFile.optional().describe("GPG: public keys to trust, armoured"),
    })
    .prefault({}),
  Sources: z.array(sourceSettings).default([]),
  Webhooks: z
    .object({
      GitHub: webhook("GitHub"),
      GitLab: webhook("GitLab"),
      Bitbucket: webhook("Bitbucket"),
      Gitea: webhook("Gitea or Forgejo"),
      Generic: webhook("a sender of your own"),
      RequestsPerMinute: z.coerce
        .number()
        .int()
        .min(1)
        .default(60)
        .describe("of one address; more get 429"),
    })
    .prefault({}),
});

/** Everything the watcher reads at start; `sources` is worked out from the rest. */
export const watcherSettings = serviceSettings
  .extend({
    PORT: listenPort(5003),
    HONUA_HOME: nonEmpty.default(".").describe("folder of what the watcher keeps"),
    GitOps: gitopsSettings.prefault({}),
  })
  .transform((settings, context) => {
    const { GitOps, HONUA_HOME } = settings;
    const { VerifySignatures, AllowedSignersFile, TrustedKeysFile } = GitOps.Watcher;
    if (VerifySignatures !== "off" && !AllowedSignersFile && !TrustedKeysFile) {
      const message = `is '${VerifySignatures}', but nobody is trusted; set AllowedSignersFile (SSH), TrustedKeysFile (GPG), or both`;
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

/** The providers whose endpoint is enabled. */
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

/** The sources that are listed, and the one that the plain `Watcher` keys are short for. */
function sourcesOf(
  settings: z.output<typeof gitopsSettings>,
  refuse: (path: (string | number)[], message: string) => void,
): Source[] {
  const { Watcher, Sources } = settings;
  const written: { path: (string | number)[]; source: z.output<typeof sourceSettings> }[] =
    Sources.map((source, index) => ({ path: ["Sources", index], source }));
  if (Watcher.Environment !== undefined) {
    written.unshift({ path: ["Watcher"], source: { Environment: Watcher.Environment } });
  }
  if (written.length === 0) {
    refuse(["Watcher", "Environment"], "name the environment to watch, or list GitOps.Sources");
  }
  const seen = new Set<string>();
  return written.flatMap(({ path, source }) => {
    const environment = source.Environment;
    if (seen.has(environment)) {
      refuse([...path, "Environment"], `'${environment}' is in two sources; keep one`);
    }
    seen.add(environment);
    const own = source.RepositoryUrl !== undefined;
    const urlPath = own ? [...path, "RepositoryUrl"] : ["RepositoryUrl"];
    const url = source.RepositoryUrl ?? settings.RepositoryUrl;
    if (url === undefined) {
      refuse(urlPath, "the address of the configuration repository is needed");
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
