import { z } from "zod";
import { instant, sha256 } from "../environment.ts";

/** The first line of a backup of the state database. */
export const backupManifest = z.object({
  format: z.literal("honua-state"),
  version: z.literal(1),
  schema: z.string().min(1).describe("newest migration of the database that was backed up"),
  takenAt: instant,
  columns: z.record(z.string(), z.array(z.string())).describe("columns of the rows, by table"),
});
export type BackupManifest = z.infer<typeof backupManifest>;

/** One row of a table: every line between the manifest and the end. */
export const backupRow = z.object({ table: z.string(), row: z.record(z.string(), z.unknown()) });

/** The last line. A backup without it is truncated. */
export const backupEnd = z.object({
  rows: z.record(z.string(), z.number().int().nonnegative()).describe("number of rows, by table"),
  sha256: sha256.describe("SHA-256 of all preceding lines, including their line feeds"),
});
export type BackupEnd = z.infer<typeof backupEnd>;
