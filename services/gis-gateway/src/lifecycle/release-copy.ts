import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Log, messageOf } from "@honua/service-kit";
import { z } from "zod";
import { parseReleaseDocument, type ReleaseDocument } from "../release/release-document.ts";

/** The active release on disk, with which a gateway starts if no other service is available. */
export interface ReleaseCopy {
  /** Returns undefined if there is no usable copy. */
  load(): Promise<ReleaseDocument | undefined>;
  /** Replaces the copy atomically. */
  save(document: ReleaseDocument): Promise<void>;
}

const storedRelease = z.object({ digest: z.string(), document: z.string() });

/** @param directory created if missing, readable only by this user */
export function createReleaseCopy(directory: string, instance: string, log: Log): ReleaseCopy {
  const path = join(directory, "release.json");
  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        log.warn({ err: error, path }, "Could not read the copy of the active release");
        return undefined;
      }
      try {
        const { digest, document } = storedRelease.parse(JSON.parse(text));
        return parseReleaseDocument(digest, document);
      } catch (error) {
        log.warn({ path }, `Ignored a damaged copy of the active release: ${messageOf(error)}`);
        return undefined;
      }
    },
    async save({ digest, text }) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const temporary = `${path}.${instance}`;
      try {
        await writeDurably(temporary, JSON.stringify({ digest, document: text }));
        await rename(temporary, path);
        await syncDirectory(directory);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable only after its directory is synced. */
async function syncDirectory(directory: string): Promise<void> {
  const folder = await open(directory, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
