/** How a repository is reached. */
export type RepositoryProtocol = "https" | "ssh" | "file";

/** A validated repository address. */
export interface RepositoryUrl {
  /** The argument for git. */
  readonly url: string;
  readonly protocol: RepositoryProtocol;
  /** `https://host:port`, the only origin that receives the credential; undefined for other protocols. */
  readonly origin: string | undefined;
}

// The short form of ssh: `git@host:group/repository.git`.
const SCP_FORM = /^(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[^\s:-][^\s]*$/;

/**
 * Validates a repository address: https, ssh, or file if allowed, without credentials.
 *
 * @returns the address, or why it is refused
 */
export function parseRepositoryUrl(
  text: string,
  options: { allowFile: boolean },
): RepositoryUrl | { refused: string } {
  if (SCP_FORM.test(text) && !text.includes("://")) {
    return { url: text, protocol: "ssh", origin: undefined };
  }
  if (!URL.canParse(text)) {
    return { refused: "must be an https:// or ssh:// URL, or git@host:path" };
  }
  const parsed = new URL(text);
  if (parsed.password !== "" || (parsed.protocol === "https:" && parsed.username !== "")) {
    return { refused: "must not contain a credential; set GitOps.Credentials instead" };
  }
  if (parsed.search !== "" || parsed.hash !== "") {
    return { refused: "must not have a query or a fragment" };
  }
  switch (parsed.protocol) {
    case "https:":
      return { url: text, protocol: "https", origin: parsed.origin };
    case "ssh:":
      // ssh would read a host that starts with `-` as an option.
      if (/^-|@-/.test(parsed.host)) return { refused: "has a host that starts with '-'" };
      return { url: text, protocol: "ssh", origin: undefined };
    case "file:":
      if (options.allowFile) return { url: text, protocol: "file", origin: undefined };
      return { refused: "is a file URL; set GitOps.AllowFileUrls to true to allow it" };
    default:
      return { refused: `uses ${parsed.protocol}//; only https and ssh are allowed` };
  }
}
