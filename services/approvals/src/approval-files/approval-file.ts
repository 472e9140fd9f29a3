import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { sha256 } from "@honua/contracts";
import { messageOf } from "@honua/service-kit";
import { z } from "zod";

/** The approval file of the runbook. Unknown keys are ignored. */
const approvalFile = z.object({
  deploymentId: z.string().min(1),
  environment: z.string().optional(),
  state: z.enum(["Approved", "Rejected"]),
  responder: z.string().min(1).max(500).optional(),
  reason: z.string().max(2_000).optional(),
  planDigest: sha256.optional(),
});

/** The content of an approval file with the facts that identify its writer. */
export interface ApprovalFile extends z.output<typeof approvalFile> {
  /** User id of the file's owner, the only attribute that the writer cannot choose. */
  ownerId: number;
  /** Time of the last write or move (ctime), which a user cannot set. */
  changedAt: Date;
}

const MAX_BYTES = 64 * 1024;

/**
 * Reads an approval file. Owner and text come from the same open file descriptor, so that the file
 * cannot be replaced in between.
 *
 * @throws Error describing the problem to the writer of the file
 */
export async function readApprovalFile(path: string): Promise<ApprovalFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile() || status.nlink !== 1) throw new Error("it is a link, not a regular file");
    if (isWritableByOthers(status))
      throw new Error("other users can write it; run chmod go-w on it");
    if (status.size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    const content = parse(await file.readFile("utf8"));
    return { ...content, ownerId: status.uid, changedAt: status.ctime };
  } finally {
    await file.close();
  }
}

/** A group id equal to the user id is the owner's private group on most distributions. */
function isWritableByOthers({
  mode,
  uid,
  gid,
}: {
  mode: number;
  uid: number;
  gid: number;
}): boolean {
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== uid);
}

function parse(text: string): z.output<typeof approvalFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
  const parsed = approvalFile.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error), { cause: parsed.error });
}
