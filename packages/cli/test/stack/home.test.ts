import { existsSync } from "node:fs";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openHome } from "../../src/stack/home.ts";

const KEEP = { reset: false };
let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "honua-home-")), ".honua");
});

describe("the home of a local stack", () => {
  it("keeps its token, readable by its owner only, across starts", async () => {
    const first = await openHome(directory, KEEP);
    await first.release();
    const second = await openHome(directory, KEEP);
    expect(second.token).toBe(first.token);
    expect((await stat(join(directory, "token"))).mode & 0o777).toBe(0o600);
    await second.release();
  });

  it("is used by one stack at a time", async () => {
    const first = await openHome(directory, KEEP);
    await expect(openHome(directory, KEEP)).rejects.toThrow(
      /A stack already runs in this home \(process \d+\)/,
    );
    await first.release();
    await (await openHome(directory, KEEP)).release();
  });

  it("is taken over from a process that is gone", async () => {
    await (await openHome(directory, KEEP)).release();
    await writeFile(join(directory, "lock"), "999999999");
    await (await openHome(directory, KEEP)).release();
  });

  it("of another version is refused with what to do, and left unlocked", async () => {
    await (await openHome(directory, KEEP)).release();
    await writeFile(join(directory, "format"), "999\n");
    await expect(openHome(directory, KEEP)).rejects.toThrow(/another version .*--reset/);
    expect(existsSync(join(directory, "lock"))).toBe(false);
    await (await openHome(directory, { reset: true })).release();
    expect(await readFile(join(directory, "format"), "utf8")).toBe("1\n");
  });

  it("is never made by --reset out of a folder that is something else", async () => {
    const foreign = await mkdtemp(join(tmpdir(), "honua-foreign-"));
    await writeFile(join(foreign, "thesis.txt"), "years of work");
    await expect(openHome(foreign, { reset: true })).rejects.toThrow(
      /is not the home of a local stack/,
    );
    expect(existsSync(join(foreign, "thesis.txt"))).toBe(true);
  });
});
