import { z } from "zod";

export const ROLES = ["viewer", "approver", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** A list, or its items in one text with commas or blanks between them. */
export const configuredList = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(/[ ,]+/).filter((item) => item !== "")),
]);

/** What a group of people may do; `delegate`: also in the name of others. */
export const configuredRoles = configuredList.pipe(z.array(z.enum([...ROLES, "delegate"])).min(1));
