import { spawn } from "node:child_process";

/**
 * Ends a process that does not watch its input when this process dies, however it dies.
 *
 * A shell waits for the end of its own input, which the kernel closes with this process. Its own
 * session keeps a Ctrl-C in the terminal from ending it before the process it guards.
 *
 * @returns a function that lets go, to be called once the process has ended
 */
export function tether(pid: number): () => void {
  const script = 'cat >/dev/null; kill -TERM "$1" 2>/dev/null';
  const shell = spawn("sh", ["-c", script, "tether", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  return () => {
    shell.kill("SIGKILL");
  };
}
