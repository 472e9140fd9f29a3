import { z } from "zod";
import { instant, sha256 } from "../environment.ts";

/** The first line of a backup of the state database. */
export const backupManifest = z.object({
  format: z.literal("honua-state"),
  version: z.literal(1),
  schema: z.string().min(1).describe("newest migration of the database that it was taken of"),
  takenAt: instant,
  columns: z.record(z.string(), z.array(z.string())).describe("of each table, in its rows"),
});
export type BackupManifest = z.infer<typeof backupManifest>;

/** A line between the first and the last. */
export const backupRow = z.object({ table: z.string(), row: z.record(z.string(), z.unknown()) });

/** The last line: without it a backup was cut short. */
export const backupEnd = z.object({
  rows: z.record(z.string(), z.number().int().nonnegative()).describe("of each table"),
  sha256: sha256.describe("of all lines before, each with its line feed"),
});
export type BackupEnd = z.infer<typeof backupEnd>;
