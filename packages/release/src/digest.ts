import { createHash } from "node:crypto";
import type { Bundle } from "@honua/contracts";
import { canonicalJson } from "./canonical-json.ts";

/** SHA-256 of a text in UTF-8, in lowercase hexadecimal. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** SHA-256 of the canonical JSON of a bundle. The bundle is stored under this name. */
export function bundleDigest(bundle: Bundle): string {
  return sha256Hex(canonicalJson(bundle));
}
