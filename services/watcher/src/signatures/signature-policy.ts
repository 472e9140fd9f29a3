import type { CommitSignature } from "@honua/contracts";
import { type Log, PermanentError } from "@honua/service-kit";
import type { Mirror } from "../git/mirror.ts";
import { evaluateSignature, type SignatureVerdict } from "./commit-signature.ts";
import type { TrustedKeys } from "./trusted-keys.ts";

/** The effect of an untrusted signature: none, a warning, or a refusal. */
export const SIGNATURE_MODES = ["off", "warn", "require"] as const;
export type SignatureMode = (typeof SIGNATURE_MODES)[number];

/** Decides from its signature whether a commit may be published. */
export interface SignaturePolicy {
  /** Changes when the trusted keys change, so that a refused commit must be checked again. */
  version(): string;
  /**
   * @returns the signature for `commit.detected`; undefined if signatures are not verified
   * @throws PermanentError with the problem as its code, if a trusted signature is required
   */
  check(mirror: Mirror, commit: string, log: Log): Promise<CommitSignature | undefined>;
}

export function createSignaturePolicy(mode: SignatureMode, keys: TrustedKeys): SignaturePolicy {
  if (mode === "off") return noVerification;

  async function evaluate(mirror: Mirror, commit: string): Promise<SignatureVerdict> {
    const version = keys.version();
    const configuration = await keys.prepare();
    if ("unreadable" in configuration) {
      const problem = "trusted-keys-unreadable";
      const explanation = `cannot be checked: ${configuration.unreadable}`;
      return { trusted: false, problem, signer: null, key: null, explanation };
    }
    return evaluateSignature(await mirror.signature(commit, { ...configuration, version }));
  }

  return {
    version: () => keys.version(),
    async check(mirror, commit, log) {
      const { explanation, ...signature } = await evaluate(mirror, commit);
      const message = `Commit ${commit.slice(0, 7)} ${explanation}`;
      const details = { commit, ...signature };
      if (signature.problem === null) log.info(details, message);
      else if (mode === "require") {
        throw new PermanentError(signature.problem, `${message}.`, { data: details });
      } else log.warn(details, `${message}. It is deployed anyway`);
      return signature;
    },
  };
}

/** Does not verify signatures. */
export const noVerification: SignaturePolicy = {
  version: () => "",
  check: async () => undefined,
};
