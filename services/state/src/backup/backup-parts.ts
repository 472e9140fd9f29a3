/** A part of a backup: the rows of a table in a defined order. */
interface BackupPart {
  /** The name of the part in the file. */
  name: string;
  /** The table in the database. */
  table: string;
  orderBy: string;
  /** The exported columns; absent: all. */
  only?: readonly string[];
  /** Columns that another part contains. */
  except?: readonly string[];
  /** The statement that restores the rows; absent: an insert. */
  restore?: "update-live" | "update-head";
  /** The identity column, whose sequence is advanced after the restore. */
  identity?: string;
}

/**
 * The parts of a backup in restore order. An environment and its live deployment refer to each other,
 * so the live deployments follow both. The outbox, its lease and dead letters are not history and
 * are not backed up.
 */
export const BACKUP_PARTS: readonly BackupPart[] = [
  {
    name: "environments",
    table: "environments",
    orderBy: "name",
    except: ["live_deployment_id"],
  },
  { name: "releases", table: "releases", orderBy: "digest" },
  { name: "deployments", table: "deployments", orderBy: "sequence", identity: "sequence" },
  {
    name: "deployment_transitions",
    table: "deployment_transitions",
    orderBy: "deployment_id, version",
  },
  { name: "decisions", table: "decisions", orderBy: "sequence", identity: "sequence" },
  { name: "dry_runs", table: "dry_runs", orderBy: "sequence", identity: "sequence" },
  { name: "refused_commits", table: "refused_commits", orderBy: "sequence", identity: "sequence" },
  {
    name: "live_deployments",
    table: "environments",
    orderBy: "name",
    only: ["name", "live_deployment_id"],
    restore: "update-live",
  },
  { name: "audit", table: "audit", orderBy: "sequence" },
  {
    name: "audit_head",
    table: "audit_head",
    orderBy: "singleton",
    only: ["sequence", "hash"],
    restore: "update-head",
  },
];
