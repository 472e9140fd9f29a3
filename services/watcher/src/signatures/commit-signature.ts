import type { CommitSignature } from "@honua/contracts";

/** `--format` of `git log` whose output `judgeSignature` reads: fields separated by NUL. */
export const SIGNATURE_FORMAT = "%G?%x00%GS%x00%GF%x00%GK%x00%GG";

/** What git found out about the signature of a commit. */
export interface SignatureFacts {
  /** The commit object as it is stored. */
  raw: string;
  /** Git's output for `SIGNATURE_FORMAT`. */
  checked: string;
  /** The same, with no key taken for revoked; undefined when none can be. */
  checkedWithoutRevocation: string | undefined;
}

/** A judged signature, with a sentence for people. */
export type SignatureVerdict = CommitSignature & { explanation: string };

/** Why a signature is not trusted; `who` is the signer or the key. */
const PROBLEMS = {
  "commit-unsigned": () => "is not signed; sign it, and push it again",
  "signature-invalid": () =>
    "has a signature that does not fit it: it was changed after it was signed",
  "signature-untrusted": (who: string) =>
    `is signed with ${who}, which is not among the trusted keys; add it if it should be`,
  "signature-expired": (who: string) => `has a signature by ${who} that has expired`,
  "signature-key-expired": (who: string) =>
    `is signed with ${who}, which has expired; sign with a valid key, or trust the renewed one`,
  "signature-key-revoked": (who: string) => `is signed with ${who}, which was revoked`,
  "signature-unverifiable": () =>
    "has a signature that cannot be checked; it must be of GPG or SSH, and gpg and ssh-keygen installed",
} as const;
type Problem = keyof typeof PROBLEMS;

/** Judges the signature of a commit. Only what git calls good, by a key that is trusted, is trusted. */
export function judgeSignature(facts: SignatureFacts): SignatureVerdict {
  const [status, signer = "", fingerprint = "", keyId = ""] = facts.checked.split("\0");
  const problem = problemOf(facts, status ?? "");
  const key = fingerprint || keyId || null;
  const who = signer || (key === null ? "an unknown key" : `the key ${key}`);
  return {
    trusted: problem === null,
    problem,
    signer: signer || null,
    key,
    explanation: problem === null ? `is signed by ${who}` : PROBLEMS[problem](who),
  };
}

function problemOf(facts: SignatureFacts, status: string): Problem | null {
  const kind = kindOfSignature(facts.raw);
  if (kind === undefined) return "commit-unsigned";
  if (kind === "other") return "signature-unverifiable";
  switch (status) {
    case "G":
      return null;
    case "B":
      // ssh-keygen says no more of a revoked key than of a changed commit.
      return facts.checkedWithoutRevocation?.startsWith("G\0")
        ? "signature-key-revoked"
        : "signature-invalid";
    case "R":
      return "signature-key-revoked";
    case "X":
      return "signature-expired";
    case "Y":
      return "signature-key-expired";
    case "U":
      return /key has expired|key is not yet valid/.test(facts.checked)
        ? "signature-key-expired"
        : "signature-untrusted";
    case "E":
      return /No public key/.test(facts.checked) ? "signature-untrusted" : "signature-unverifiable";
    default:
      return "signature-unverifiable";
  }
}

/** By the header of the commit, which git's summary does not tell apart. */
function kindOfSignature(raw: string): "ssh" | "gpg" | "other" | undefined {
  const headers = raw.split("\n\n", 1)[0] ?? "";
  const begin = /^gpgsig(?:-sha256)? (.*)$/m.exec(headers)?.[1];
  if (begin === undefined) return undefined;
  if (begin.includes("BEGIN SSH SIGNATURE")) return "ssh";
  return begin.includes("BEGIN PGP SIGNATURE") ? "gpg" : "other";
}
