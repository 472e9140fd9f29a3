import { spawn } from "node:child_process";

/**
 * Runs a command in the foreground, with the terminal, signals and exit code of this process.
 *
 * Ctrl-C reaches the child directly, because the terminal signals the whole foreground process group.
 * This process then only waits for its exit. A signal that is sent only to this process is forwarded
 * once.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function runInForeground(command, args, env = process.env) {
  const child = spawn(command, args, { stdio: "inherit", env });
  const forwarded = new Set();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if ((signal === "SIGINT" && process.stdin.isTTY) || forwarded.has(signal)) return;
      forwarded.add(signal);
      child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`honua: ${command} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
