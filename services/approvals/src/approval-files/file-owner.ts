import { configuredList, runProgram } from "@honua/service-kit";
import { z } from "zod";

/** Who the users of this machine are, by login name or number. */
export const configuredOwners = z.record(
  z.string(),
  z.object({
    Subject: z.string().min(1).describe("who that user is, in policies and in the audit trail"),
    Emails: configuredList.default([]).describe("addresses under which they commit to Git"),
  }),
);
export type ConfiguredOwners = z.output<typeof configuredOwners>;

/** The person whom a file belongs to. */
export interface FileOwner {
  subject: string;
  identities: readonly string[];
}

/**
 * Finds who owns a file. A user whom configuration knows neither by number nor by login name goes by
 * the login name.
 *
 * @throws Error for a user that this machine does not know: somebody else might get the number later
 */
export async function ownerOf(userId: number, configured: ConfiguredOwners): Promise<FileOwner> {
  const number = String(userId);
  const login = Object.hasOwn(configured, number) ? number : await loginOf(userId);
  const known = Object.hasOwn(configured, login) ? configured[login] : undefined;
  return known
    ? { subject: known.Subject, identities: [login, ...known.Emails] }
    : { subject: login, identities: [] };
}

/** Asks the machine, which may keep its users elsewhere than in `/etc/passwd`. */
async function loginOf(userId: number): Promise<string> {
  try {
    const limits = { deadlineMs: 5_000, outputBytes: 4_096 };
    return (await runProgram("id", ["-nu", String(userId)], limits)).toString().trim();
  } catch (cause) {
    throw new Error(
      `its owner is user ${userId}, who has no name here; name them in GitOps:ApprovalOwners`,
      { cause },
    );
  }
}
