/** How a repository is reached. */
export type RepositoryProtocol = "https" | "ssh" | "file";

/** A repository address that was checked once, at the edge. */
export interface RepositoryUrl {
  /** What git is given. */
  readonly url: string;
  readonly protocol: RepositoryProtocol;
  /** `https://host:port`, the only place the credential is sent to; undefined for other protocols. */
  readonly origin: string | undefined;
}

// The short form of ssh: `git@host:group/repository.git`.
const SCP_FORM = /^(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!\/\/)[^\s:-][^\s]*$/;

/**
 * Checks a repository address: https, ssh, or file where allowed, and no secret inside.
 *
 * @returns the address, or the reason why it is refused
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
    return { refused: "must not hold a credential; set GitOps.Credentials instead" };
  }
  if (parsed.search !== "" || parsed.hash !== "") {
    return { refused: "must have neither query nor fragment" };
  }
  switch (parsed.protocol) {
    case "https:":
      return { url: text, protocol: "https", origin: parsed.origin };
    case "ssh:":
      // A host that starts with `-` would be an option of ssh.
      if (/^-|@-/.test(parsed.host)) return { refused: "has a host that starts with '-'" };
      return { url: text, protocol: "ssh", origin: undefined };
    case "file:":
      if (options.allowFile) return { url: text, protocol: "file", origin: undefined };
      return { refused: "is a file URL; set GitOps.AllowFileUrls to true to allow those" };
    default:
      return { refused: `uses ${parsed.protocol}//; only https and ssh are allowed` };
  }
}
