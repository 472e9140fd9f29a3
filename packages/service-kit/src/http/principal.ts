import type { Role } from "./role-settings.ts";

/** The authenticated caller of a request. */
export interface Principal {
  subject: string;
  roles: readonly Role[];
  /** May act on behalf of another subject. The audit trail records both. */
  delegate: boolean;
  /** How the caller was authenticated. */
  method: "token" | "oidc";
  /** Groups of the subject, from the static token or the identity provider. */
  groups: readonly string[];
  /** Further identities of the subject, such as email addresses in Git commits. */
  identities: readonly string[];
}

/** Every role includes `viewer`, and `admin` includes every role. */
export function hasRole(principal: Pick<Principal, "roles">, role: Role): boolean {
  const { roles } = principal;
  if (role === "viewer") return roles.length > 0;
  return roles.includes("admin") || roles.includes(role);
}
