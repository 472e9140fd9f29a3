import { createHash } from "node:crypto";
import type { Bundle } from "@honua/contracts";
import { canonicalJson } from "./canonical-json.ts";

/** SHA-256 of a text in UTF-8, in lower-case hexadecimal. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** SHA-256 of the canonical JSON of a bundle: the name it is kept under. */
export function bundleDigest(bundle: Bundle): string {
  return sha256Hex(canonicalJson(bundle));
}
