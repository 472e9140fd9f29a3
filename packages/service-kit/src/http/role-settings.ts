import { z } from "zod";

export const ROLES = ["viewer", "approver", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** A list of strings, or one string with the items separated by commas or spaces. */
export const configuredList = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(/[ ,]+/).filter((item) => item !== "")),
]);

/** Roles of a group. `delegate` permits decisions on behalf of other subjects. */
export const configuredRoles = configuredList.pipe(z.array(z.enum([...ROLES, "delegate"])).min(1));
