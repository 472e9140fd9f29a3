import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@honua/testing/eventually";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProgramFailed, runProgram } from "../../src/programs/run-program.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "honua-programs-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const LIMITS = { deadlineMs: 20_000, outputBytes: 1_000_000 };

function shell(script: string, options: Partial<Parameters<typeof runProgram>[2]> = {}) {
  return runProgram("sh", ["-c", script], { ...LIMITS, directory, ...options });
}

const failureOf = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (error: unknown) => (error instanceof ProgramFailed ? error : undefined),
  );

/** The process that wrote its id into a file of the test's directory. */
const processIn = (file: string) =>
  eventually(`the process of ${file}`, () => {
    try {
      return Number(readFileSync(join(directory, file), "utf8").trim());
    } catch {
      return false;
    }
  });

function isRunning(pid: number): boolean {
  try {
    // A zombie in a container without an init process counts as ended.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const ends = (pid: number) => eventually(`the end of process ${pid}`, () => !isRunning(pid));

test("returns standard output and passes standard input on", async () => {
  expect((await shell("cat; echo end", { input: "begin\n" })).toString()).toBe("begin\nend\n");
});

test("reports the exit code and standard error", async () => {
  const failure = await failureOf(shell("echo no >&2; exit 3"));
  expect(failure).toMatchObject({ why: "exit", exitCode: 3, stderr: "no\n" });
});

test("reports a program that is not installed", async () => {
  const failure = await failureOf(runProgram("no-such-program", [], LIMITS));
  expect(failure).toMatchObject({ why: "missing" });
});

describe("ends the whole process group", () => {
  // The grandchild keeps the pipes open and ignores SIGTERM.
  const GRANDCHILD = `sh -c 'trap "" TERM; echo $$ > pid; while :; do sleep 1; done' & `;

  test("at the deadline", async () => {
    const started = performance.now();
    const run = failureOf(shell(`${GRANDCHILD} wait`, { deadlineMs: 300 }));
    const pid = await processIn("pid");
    expect(await run).toMatchObject({ why: "timeout" });
    expect(performance.now() - started).toBeLessThan(5_000);
    await ends(pid);
  });

  test("after a period without output", async () => {
    const run = failureOf(shell(`echo begin; ${GRANDCHILD} wait`, { silenceMs: 300 }));
    const pid = await processIn("pid");
    expect(await run).toMatchObject({ why: "timeout" });
    await ends(pid);
  });

  test("when its signal aborts", async () => {
    const stopping = new AbortController();
    const run = failureOf(shell(`${GRANDCHILD} wait`, { signal: stopping.signal }));
    const pid = await processIn("pid");
    stopping.abort();
    expect(await run).toMatchObject({ why: "aborted" });
    await ends(pid);
  });

  test("at the output limit", async () => {
    const run = failureOf(shell("echo $$ > pid; exec yes", { outputBytes: 100_000 }));
    const pid = await processIn("pid");
    expect(await run).toMatchObject({ why: "too-much-output" });
    await ends(pid);
  });

  test("when the reader needs no more output, which is a success", async () => {
    let read = 0;
    const run = shell("echo $$ > pid; exec yes", {
      onOutput(chunk) {
        read += chunk.length;
        return read < 10_000;
      },
    });
    const pid = await processIn("pid");
    expect(await run).toHaveLength(0);
    await ends(pid);
  });

  test("when the child has exited but a descendant still holds its pipes", async () => {
    const output = shell(`echo done; ${GRANDCHILD}`);
    const pid = await processIn("pid");
    expect((await output).toString()).toBe("done\n");
    await ends(pid);
  });
});
