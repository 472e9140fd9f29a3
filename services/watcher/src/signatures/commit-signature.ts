import type { CommitSignature, ErrorCode } from "@honua/contracts";

/** `--format` of `git log` for `evaluateSignature`: fields separated by NUL. */
export const SIGNATURE_FORMAT = "%G?%x00%GS%x00%GF%x00%GK%x00%GG";

/** The results of git's checks of a signature. */
export interface SignatureFacts {
  /** The raw commit object. */
  raw: string;
  /** Output for `SIGNATURE_FORMAT`. */
  checked: string;
  /** The same without the list of revoked keys; undefined if there is no list. */
  checkedWithoutRevocation: string | undefined;
}

/** The result, with the predicate of a sentence about the commit. */
export type SignatureVerdict = CommitSignature & {
  problem: ErrorCode | null;
  explanation: string;
};

/** Why a signature is not trusted; `signer` is a name or a key. */
const PROBLEMS = {
  "commit-unsigned": () => "is not signed. Sign it and push it again",
  "signature-invalid": () => "does not match its signature: it was changed after it was signed",
  "signature-untrusted": (signer: string) =>
    `is signed with ${signer}, which is not a trusted key. Add the key if you trust it`,
  "signature-expired": (signer: string) => `has an expired signature by ${signer}`,
  "signature-key-expired": (signer: string) =>
    `is signed with ${signer}, which has expired. Sign with a valid key, or trust the renewed key`,
  "signature-key-revoked": (signer: string) => `is signed with ${signer}, which was revoked`,
  "signature-unverifiable": () =>
    "has a signature that cannot be checked. Sign with GPG or SSH, and install gpg and ssh-keygen",
} as const;
type Problem = keyof typeof PROBLEMS;

/** Evaluates the signature of a commit. Only a good signature by a trusted key is trusted. */
export function evaluateSignature(facts: SignatureFacts): SignatureVerdict {
  const [status, signer = "", fingerprint = "", keyId = ""] = facts.checked.split("\0");
  const problem = problemOf(facts, status ?? "");
  const key = fingerprint || keyId || null;
  const signedBy = signer || (key === null ? "an unknown key" : `the key ${key}`);
  return {
    trusted: problem === null,
    problem,
    signer: signer || null,
    key,
    explanation: problem === null ? `is signed by ${signedBy}` : PROBLEMS[problem](signedBy),
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
      // ssh-keygen reports a revoked key like a changed commit.
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

/** Reads the header of the commit, because the output of git does not contain the kind. */
function kindOfSignature(raw: string): "ssh" | "gpg" | "other" | undefined {
  const headers = raw.split("\n\n", 1)[0] ?? "";
  const begin = /^gpgsig(?:-sha256)? (.*)$/m.exec(headers)?.[1];
  if (begin === undefined) return undefined;
  if (begin.includes("BEGIN SSH SIGNATURE")) return "ssh";
  return begin.includes("BEGIN PGP SIGNATURE") ? "gpg" : "other";
}
