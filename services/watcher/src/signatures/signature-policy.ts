import type { CommitSignature } from "@honua/contracts";
import { type Log, PermanentError } from "@honua/service-kit";
import type { Mirror } from "../git/mirror.ts";
import { judgeSignature, type SignatureVerdict } from "./commit-signature.ts";
import type { TrustedKeys } from "./trusted-keys.ts";

/** What happens to a commit whose signature is not trusted: nothing, a warning, or a refusal. */
export const SIGNATURE_MODES = ["off", "warn", "require"] as const;
export type SignatureMode = (typeof SIGNATURE_MODES)[number];

/** Decides by its signature whether a commit may be handed over. */
export interface SignaturePolicy {
  /** Changes when the trusted keys do, and a refused commit has to be judged again. */
  version(): string;
  /**
   * @returns what is told downstream of the signature; undefined when signatures are not verified
   * @throws PermanentError with the problem as its code, where a trusted signature is required
   */
  check(mirror: Mirror, commit: string, log: Log): Promise<CommitSignature | undefined>;
}

export function createSignaturePolicy(mode: SignatureMode, keys: TrustedKeys): SignaturePolicy {
  if (mode === "off") return unverified;

  async function judge(mirror: Mirror, commit: string): Promise<SignatureVerdict> {
    const version = keys.version();
    const configuration = await keys.prepare();
    if ("unreadable" in configuration) {
      const problem = "trusted-keys-unreadable";
      const explanation = `cannot be checked: ${configuration.unreadable}`;
      return { trusted: false, problem, signer: null, key: null, explanation };
    }
    return judgeSignature(await mirror.signature(commit, { ...configuration, version }));
  }

  return {
    version: () => keys.version(),
    async check(mirror, commit, log) {
      const { explanation, ...signature } = await judge(mirror, commit);
      const message = `commit ${commit.slice(0, 7)} ${explanation}`;
      const details = { commit, ...signature };
      if (signature.problem === null) log.info(details, capitalised(message));
      else if (mode === "require") {
        throw new PermanentError(signature.problem, message, { data: details });
      } else log.warn(details, `${capitalised(message)}; it is deployed all the same`);
      return signature;
    },
  };
}

/** Nothing is verified. */
export const unverified: SignaturePolicy = {
  version: () => "",
  check: async () => undefined,
};

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
