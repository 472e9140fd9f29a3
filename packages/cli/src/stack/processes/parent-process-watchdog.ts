import { spawn } from "node:child_process";

/**
 * Terminates a process when this process exits in any way, including SIGKILL. It is needed for
 * programs that do not exit when their standard input closes.
 *
 * A shell blocks on its standard input, which the kernel closes when this process exits. The shell
 * runs in its own session, so that Ctrl-C in the terminal does not end it before the process it
 * watches.
 *
 * @returns a function that stops the watchdog, to be called after the process has exited
 */
export function startParentProcessWatchdog(pid: number): () => void {
  const script = 'cat >/dev/null; kill -TERM "$1" 2>/dev/null';
  const shell = spawn("sh", ["-c", script, "parent-process-watchdog", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  return () => {
    shell.kill("SIGKILL");
  };
}
