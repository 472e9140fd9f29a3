import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";

/** Debian keeps it where no user has it on their PATH. */
const SSHD = existsSync("/usr/sbin/sshd") ? "/usr/sbin/sshd" : "sshd";

/**
 * An sshd of the test's own on loopback, with a host key, a configuration and authorized keys of
 * its own; whoever has a key may read what this user may.
 */
export async function startGitSsh(options: {
  directory: string;
  /** Variables of the client that are passed on to git. */
  acceptEnv?: string;
  /** Run instead of every command that a client asks for, which is in SSH_ORIGINAL_COMMAND. */
  forceCommand?: string;
}) {
  const { directory, acceptEnv = "GIT_PROTOCOL", forceCommand } = options;
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const file = (name: string) => join(directory, name);
  const makeKey = (name: string) => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file(name)]);
    return file(name);
  };
  const publicKey = (name: string) => readFileSync(file(`${name}.pub`), "utf8");
  // Where sshd gives up its privileges; the machine's own service makes it at its start.
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });

  makeKey("host");
  makeKey("other-host");
  const keys = { reader: makeKey("reader"), stranger: makeKey("stranger") };
  writeFileSync(file("authorized-keys"), `restrict ${publicKey("reader")}`);
  let running: ChildProcess | undefined;

  async function start(hostKey: "host" | "other-host") {
    const configuration = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file(hostKey)}`,
      `AuthorizedKeysFile ${file("authorized-keys")}`,
      `AcceptEnv ${acceptEnv}`,
      "PidFile none",
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      ...(forceCommand === undefined ? [] : [`ForceCommand ${forceCommand}`]),
    ];
    writeFileSync(file("sshd-config"), configuration.join("\n"));
    let said = "";
    const sshd = spawn(SSHD, ["-D", "-e", "-f", file("sshd-config")], { stdio: "pipe" });
    running = sshd;
    sshd.stderr.on("data", (chunk) => {
      said += chunk;
    });
    await eventually("sshd listens", () => {
      if (sshd.exitCode !== null) throw new Error(`sshd ended: ${said}`);
      return said.includes("Server listening on 127.0.0.1");
    });
  }

  async function stop() {
    const ended = running;
    running = undefined;
    if (!ended || ended.exitCode !== null) return;
    const closed = new Promise((resolve) => ended.once("close", resolve));
    ended.kill();
    await closed;
  }

  /** A file of known hosts in which this server has that key. */
  function knownHosts(name: string, hostKey?: "host" | "other-host"): string {
    const line = hostKey ? `[127.0.0.1]:${port} ${publicKey(hostKey)}` : "";
    writeFileSync(file(name), line);
    return file(name);
  }

  await start("host");
  return {
    keys,
    port,
    knownHosts,
    url: (path: string) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    stop,
    async restart(hostKey: "host" | "other-host") {
      await stop();
      await start(hostKey);
    },
  };
}
