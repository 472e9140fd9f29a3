import type {
  AuditOutcome,
  CommitInfo,
  Decision,
  Deployment,
  DeploymentState,
  DryRun,
  EnvironmentBlock,
  EnvironmentHold,
  EnvironmentPause,
  FailureReason,
  Health,
  Plan,
  SyncStatus,
  WindowOverride,
} from "@honua/contracts";
import type { ColumnType, Generated, Selectable } from "kysely";

/** Read as a value, written as JSON text. The driver would write an array as a PostgreSQL array. */
type Json<Value> = ColumnType<Value, string, string>;
/** A `bigint`, which the driver returns as text to avoid a loss of precision. */
type Sequence = Generated<string>;

interface EnvironmentsTable {
  name: string;
  health: Health;
  sync_status: SyncStatus;
  latest_commit: string | null;
  branch: string | null;
  live_deployment_id: string | null;
  pause: Json<EnvironmentPause | null> | null;
  hold: Json<EnvironmentHold | null> | null;
  blocked: Json<EnvironmentBlock | null> | null;
  window_override: Json<(WindowOverride & { commit: string }) | null> | null;
  updated_at: Date;
}

interface DeploymentsTable {
  sequence: Sequence;
  id: string;
  environment: string;
  request_id: string;
  commit_id: string;
  commit_info: Json<CommitInfo>;
  bundle: Json<Deployment["bundle"]>;
  tree_hash: string;
  trigger: Deployment["trigger"];
  restores: string | null;
  initiated_by: string;
  state: DeploymentState;
  reason: FailureReason | null;
  error_message: string | null;
  version: number;
  release: string | null;
  previous_release: string | null;
  plan: Json<Plan | null> | null;
  plan_document: string | null;
  approval_expires_at: Date | null;
  waiting_for: string | null;
  not_before: Date | null;
  window_override: Json<WindowOverride | null> | null;
  started_at: Date;
  completed_at: Date | null;
  working_ms: number | null;
  updated_at: Date;
}

interface DeploymentTransitionsTable {
  deployment_id: string;
  version: number;
  from_state: DeploymentState | null;
  to_state: DeploymentState;
  at: Date;
  actor: string;
  message: string;
  request_id: string | null;
}

interface ReleasesTable {
  digest: string;
  environment: string;
  document: string;
  stored_at: Date;
}

interface DecisionsTable {
  sequence: Sequence;
  deployment_id: string;
  outcome: Decision["outcome"];
  subject: string;
  recorded_by: string;
  method: Decision["method"];
  at: Date;
  reason: string | null;
  plan_digest: string;
  teams: Json<string[] | null> | null;
}

interface OutboxTable {
  id: Sequence;
  message_id: string;
  environment: string;
  type: string;
  data: Json<unknown>;
  trace_context: Json<Record<string, string>>;
  created_at: Date;
  sent_at: Date | null;
  /** The position in the event stream, assigned after the commit. */
  position: ColumnType<string | null, undefined, string>;
}

interface EventStreamTable {
  singleton: Generated<boolean>;
  epoch: string;
  last_position: string;
  pruned_through: string;
}

interface OutboxLeaseTable {
  singleton: Generated<boolean>;
  holder: string | null;
  held_until: Date | null;
}

interface DryRunsTable {
  sequence: Sequence;
  id: string;
  environment: string;
  request_id: string;
  trigger: DryRun["trigger"];
  initiated_by: string;
  commit_id: string;
  commit_info: Json<CommitInfo>;
  tree_hash: string;
  plan: Json<Plan | null> | null;
  error_message: string | null;
  at: Date;
}

interface DeadLettersTable {
  sequence: Sequence;
  environment: string;
  consumer: string;
  subject: string;
  message_id: string;
  payload: string;
  error_code: string;
  error_message: string;
  deliveries: number;
  at: Date;
}

interface AuditTable {
  /** Assigned by the chain and not by a database sequence, so it has no gaps. */
  sequence: string;
  at: Date;
  environment: string | null;
  actor: string;
  recorded_by: string | null;
  action: string;
  target: string | null;
  outcome: AuditOutcome;
  detail: Json<Record<string, unknown>>;
  previous_hash: string;
  hash: string;
}

/** Audit entries of an open transaction. The commit assigns their positions in the chain. */
interface AuditIntakeTable extends Omit<AuditTable, "sequence" | "previous_hash" | "hash"> {
  id: Sequence;
  before_previous_hash: string;
  before_sequence: string;
  after_sequence: string;
}

interface AuditHeadTable {
  singleton: Generated<boolean>;
  sequence: string;
  hash: string;
}

interface RefusedCommitsTable {
  sequence: Sequence;
  environment: string;
  commit_id: string;
  commit_info: Json<CommitInfo>;
  code: string;
  reason: string;
  at: Date;
  resolved_at: Date | null;
}

/** Every table of the state database. */
export interface Tables {
  environments: EnvironmentsTable;
  deployments: DeploymentsTable;
  deployment_transitions: DeploymentTransitionsTable;
  releases: ReleasesTable;
  decisions: DecisionsTable;
  outbox: OutboxTable;
  outbox_lease: OutboxLeaseTable;
  event_stream: EventStreamTable;
  dead_letters: DeadLettersTable;
  dry_runs: DryRunsTable;
  audit: AuditTable;
  audit_head: AuditHeadTable;
  audit_intake: AuditIntakeTable;
  refused_commits: RefusedCommitsTable;
}

export type EnvironmentRow = Selectable<EnvironmentsTable>;
export type OutboxRow = Selectable<OutboxTable>;
