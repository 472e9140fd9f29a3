import { configuredList, runProgram } from "@honua/service-kit";
import { z } from "zod";

/** Maps users of this machine, by login name or user id, to subjects. */
export const configuredOwners = z.record(
  z.string(),
  z.object({
    Subject: z.string().min(1).describe("subject of that user in policies and in the audit trail"),
    Emails: configuredList
      .default([])
      .describe("email addresses that the user commits to Git with"),
  }),
);
export type ConfiguredOwners = z.output<typeof configuredOwners>;

/** The owner of a file as a subject. */
export interface FileOwner {
  subject: string;
  identities: readonly string[];
}

/**
 * Resolves the owner of a file. The subject of a user without an entry in the settings is the login
 * name.
 *
 * @throws Error if the machine has no user with this id, because the id may be assigned to another user
 *   later
 */
export async function resolveFileOwner(
  userId: number,
  configured: ConfiguredOwners,
): Promise<FileOwner> {
  const number = String(userId);
  const login = Object.hasOwn(configured, number) ? number : await loginName(userId);
  const known = Object.hasOwn(configured, login) ? configured[login] : undefined;
  return known
    ? { subject: known.Subject, identities: [login, ...known.Emails] }
    : { subject: login, identities: [] };
}

/** Uses `id`, because users may come from a directory service instead of `/etc/passwd`. */
async function loginName(userId: number): Promise<string> {
  try {
    const limits = { deadlineMs: 5_000, outputBytes: 4_096 };
    return (await runProgram("id", ["-nu", String(userId)], limits)).toString().trim();
  } catch (cause) {
    throw new Error(
      `its owner is user ${userId}, who has no login name on this machine; add the user to GitOps:ApprovalOwners`,
      { cause },
    );
  }
}
