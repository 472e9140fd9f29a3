import { spawn } from "node:child_process";

/**
 * Runs a command in place of this process: same terminal, same signals, same exit code.
 *
 * Ctrl-C reaches the child by itself, because the terminal signals its whole foreground process
 * group; this process then only has to outlive it. A signal sent to this process alone is handed
 * on once.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function runInForeground(command, args, env = process.env) {
  const child = spawn(command, args, { stdio: "inherit", env });
  const handedOn = new Set();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if ((signal === "SIGINT" && process.stdin.isTTY) || handedOn.has(signal)) return;
      handedOn.add(signal);
      child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`honua: could not run ${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
