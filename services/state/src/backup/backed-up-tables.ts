/** A part of a backup: rows of a table, and the order that they are written in. */
interface BackupPart {
  /** Its name in the file. */
  name: string;
  /** The table in the database. */
  table: string;
  orderBy: string;
  /** The only columns of it; absent: all. */
  only?: readonly string[];
  /** Columns that another part brings. */
  except?: readonly string[];
  /** How the rows get in; `insert` unless said otherwise. */
  restore?: "update-live" | "update-head";
  /** A column whose numbers the database gives. */
  identity?: string;
}

/**
 * Everything that a backup holds, in the order in which it can be put back. An environment and its live
 * deployment refer to each other, so what is live comes last. What is not here is not history: events
 * on their way, who publishes them, and messages that could not be handled.
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
