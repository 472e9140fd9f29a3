import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@honua/testing/eventually";
import { CLI, NODE } from "@honua/testing/system-under-test";
import { startTcpProxy } from "@honua/testing/tcp-proxy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EngineUnderTest, metadataOf, startEngine, TOKEN } from "./engine-under-test.ts";

/** What a person gets to see of `honua`, as a process, in front of a state service that is real. */
let engine: EngineUnderTest;
let directory: string;
beforeAll(async () => {
  [engine, directory] = await Promise.all([
    startEngine(),
    mkdtemp(join(tmpdir(), "honua-command-")),
  ]);
});
afterAll(() => engine?.stop());

function variables(over: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HONUA_STATE_URL: engine.stateUrl,
    HONUA_APPROVALS_URL: engine.stateUrl,
    HONUA_TOKEN: TOKEN,
    NODE_COMPILE_CACHE: join(directory, "compiled"),
    ...over,
  };
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function honua(args: string[], over: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: variables(over), cwd: directory };
    execFile(NODE, [CLI, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

async function deployed() {
  const environment = await engine.environment();
  const { id } = await environment.until(
    await environment.commit(metadataOf("cities")),
    "Completed",
  );
  return { environment, id };
}

/** Each starts the command some times. */
const PATIENCE = { timeout: 120_000 };

describe("an error", PATIENCE, () => {
  it("of a system that is not there says where it was looked for, and what to do", async () => {
    const { code, stdout, stderr } = await honua(["status"], {
      HONUA_STATE_URL: "http://127.0.0.1:9",
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "honua: http://127.0.0.1:9 cannot be reached. Is it running? Try 'honua doctor'.\n",
    });
  });

  it("of an address that is another service's, or none, says so", async () => {
    const other = await honua(["status"], { HONUA_STATE_URL: `${engine.stateUrl}/ogc` });
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/does not answer as a Honua service .* Check HONUA_STATE_URL/);
    const none = await honua(["status"], { HONUA_STATE_URL: "localhost:5002" });
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'localhost:5002' is no address of a service"),
    });
  });

  it("of a wrong token names where it came from, and ends with 4", async () => {
    const of = async (args: string[], over?: Record<string, string>) => {
      const { code, stderr } = await honua(["status", ...args], over);
      return `${code} ${stderr}`;
    };
    const said = "does not know this token, which comes from";
    expect(await of([], { HONUA_TOKEN: "wrong" })).toContain(`${said} HONUA_TOKEN.`);
    expect(await of(["--token", "wrong"])).toMatch(/^4 .*comes from --token\./);
    expect(await of([], { HONUA_TOKEN: "", HONUA_TOKEN_FILE: "/nowhere" })).toBe(
      "2 honua: HONUA_TOKEN_FILE names /nowhere, which does not exist.\n",
    );
  });

  it("of a mistyped environment suggests the one that is meant", async () => {
    const { environment } = await deployed();
    for (const command of [["status"], ["history"], ["pause", "--reason", "r"]]) {
      const [verb = "", ...rest] = command;
      const { code, stderr } = await honua([verb, `${environment.name}x`, ...rest]);
      expect(code).toBe(1);
      expect(stderr).toContain(`Environment '${environment.name}x' does not exist`);
      expect(stderr).toContain(`Did you mean '${environment.name}'?`);
    }
    expect((await honua(["status", "nothing-like-it"])).stderr).toMatch(/Known: .*env-/);
  });

  it("of an unknown deployment suggests the one that is meant, also by a part of its id", async () => {
    const { environment, id } = await deployed();
    for (const mistyped of [`${id.slice(0, -1)}x`, id.slice(-7)]) {
      const { code, stderr } = await honua(["deployment", "show", mistyped]);
      expect(code).toBe(1);
      expect(stderr).toContain(`Deployment '${mistyped}' does not exist`);
      expect(stderr).toContain(`Did you mean '${id}'?`);
    }
    const plan = await honua(["deployment", "plan", `${environment.name}-of-nobody`]);
    expect(plan.stderr).toContain(`'honua history ${environment.name}' lists those there are`);
  });

  it("of a wrong value ends with 2 and says what it may be", async () => {
    expect(await honua(["history", "x", "--state", "failed"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean 'Failed'?"),
    });
    expect(await honua(["events", "--types", "deploy.fialed"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("deploy.failed"),
    });
    expect(await honua(["audit", "--limit", "0"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a whole number from 1 to 10000"),
    });
    expect(await honua(["statsu"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean status?"),
    });
  });

  it("is said in a line, without a stack", async () => {
    for (const args of [
      ["status", "x"],
      ["deployment", "show", "x"],
      ["state", "export", "/no/x"],
    ]) {
      const { stderr, stdout } = await honua(args);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^honua: .+\n$/);
      expect(stderr).not.toMatch(/\n\s+at |node:|\.ts:/);
    }
  });
});

const ESCAPE = "\u001b";
/** `script` gives a command a terminal; elsewhere it takes other arguments. */
const hasTerminals = process.platform === "linux";

describe("what is printed", PATIENCE, () => {
  it("is aligned, has no blanks at the end of a line, and no colours in a pipe", async () => {
    await deployed();
    const { stdout } = await honua(["status"]);
    const lines = stdout.trimEnd().split("\n");
    const health = lines[0]?.indexOf("HEALTH") ?? -1;
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(1)) {
      expect(line.slice(health)).toMatch(/^(Healthy|Degraded|Unhealthy|Progressing|Unknown) /);
      expect(line).toBe(line.trimEnd());
    }
    expect(stdout).not.toContain(ESCAPE);
  });

  it.runIf(hasTerminals)("has colours on a terminal, unless NO_COLOR is set", async () => {
    const { environment } = await deployed();
    const onTerminal = async (over: Record<string, string>) => {
      const command = [NODE, CLI, "status", environment.name].join(" ");
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: variables({ TERM: "xterm", ...over }),
        cwd: directory,
      });
      let shown = "";
      child.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
      await once(child, "close");
      return shown;
    };
    expect(await onTerminal({})).toContain(`${ESCAPE}[32mHealthy`);
    const plain = await onTerminal({ NO_COLOR: "1" });
    expect(plain).toContain("Healthy");
    expect(plain).not.toContain(ESCAPE);
  });
});

describe("honua status --watch", PATIENCE, () => {
  it("prints again when something changed, and ends at Ctrl-C", async () => {
    const { environment } = await deployed();
    const child = spawn(NODE, [CLI, "status", environment.name, "--watch", "-o", "json"], {
      env: variables(),
      cwd: directory,
    });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    const shownStates = () => shown.match(/"currentDeployment": \{[^{}]*"state": "(\w+)"/g) ?? [];
    await eventually("it shows what is", () => shownStates().length > 0);
    const newer = await environment.commit(metadataOf("cities", "roads"));
    await eventually("it shows what came", () => shown.includes(newer));
    const paused = `/api/gitops/environments/${environment.name}/pause`;
    await engine.ask(paused, { reason: "the database moves" });
    await eventually("it shows the pause", () => shown.includes("the database moves"));
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });

  it.runIf(hasTerminals)(
    "keeps one picture on a terminal, where it stays through a restart of the service",
    async () => {
      const { environment } = await deployed();
      const proxy = await startTcpProxy(engine.stateUrl);
      const command = [NODE, CLI, "status", environment.name, "--watch"].join(" ");
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: variables({ TERM: "xterm", HONUA_STATE_URL: proxy.url }),
        cwd: directory,
      });
      let shown = "";
      child.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
      const pictures = () => shown.split(`${ESCAPE}[H${ESCAPE}[J`);
      await eventually("it shows what is", () => shown.includes(environment.name));
      await proxy.cut();
      await eventually("it says that nobody answers", () => shown.includes("cannot be reached"));
      expect(pictures().at(-1)).toContain(environment.name);
      await proxy.mend();
      await eventually("it shows what is again", () => !pictures().at(-1)?.includes("reached"));
      const ended = once(child, "exit");
      child.stdin.write("\u0003");
      await ended;
      await proxy.cut();
    },
  );
});
