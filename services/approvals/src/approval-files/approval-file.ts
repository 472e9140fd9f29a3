import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { sha256 } from "@honua/contracts";
import { messageOf } from "@honua/service-kit";
import { z } from "zod";

/** The approval file of the runbook; keys that are not known are left to whoever wrote them. */
const approvalFile = z.object({
  deploymentId: z.string().min(1),
  environment: z.string().optional(),
  state: z.enum(["Approved", "Rejected"]),
  responder: z.string().min(1).max(500).optional(),
  reason: z.string().max(2_000).optional(),
  planDigest: sha256.optional(),
});

/** What somebody decided by a file, and who that was. */
export interface WrittenDecision extends z.output<typeof approvalFile> {
  /** User id of the file's owner, the only thing about it that its writer cannot choose. */
  ownerId: number;
  /** When the file was last written or moved, whatever its other times were set to. */
  changedAt: Date;
}

const LARGEST_BYTES = 64 * 1024;

/**
 * Reads an approval file. Its owner and its text are taken from the same open file, so that nobody
 * can exchange one of them in between.
 *
 * @throws Error what is wrong with the file, for the person who wrote it
 */
export async function readApprovalFile(path: string): Promise<WrittenDecision> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.nlink !== 1)
      throw new Error("it is no file of its own, but a link");
    if (mayOthersWrite(found)) throw new Error("others may write it; run chmod go-w on it");
    if (found.size > LARGEST_BYTES) throw new Error(`it is larger than ${LARGEST_BYTES} bytes`);
    const written = parse(await file.readFile("utf8"));
    return { ...written, ownerId: found.uid, changedAt: found.ctime };
  } finally {
    await file.close();
  }
}

/** A group with the number of its owner is the owner's private one, as most distributions have it. */
function mayOthersWrite({ mode, uid, gid }: { mode: number; uid: number; gid: number }): boolean {
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== uid);
}

function parse(text: string): z.output<typeof approvalFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${messageOf(error)}`, { cause: error });
  }
  const parsed = approvalFile.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error), { cause: parsed.error });
}
