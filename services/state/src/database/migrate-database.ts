import { messageOf, PermanentError } from "@honua/service-kit";
import type { Kysely } from "kysely";
import { type MigrationProvider, Migrator } from "kysely/migration";
import { up as environmentsAndDeployments } from "./migrations/0001-environments-and-deployments.ts";
import { up as outbox } from "./migrations/0002-outbox.ts";
import { up as deadLetters } from "./migrations/0003-dead-letters.ts";
import { up as pause } from "./migrations/0004-pause.ts";
import { up as rollback } from "./migrations/0005-rollback.ts";
import { up as windowOverride } from "./migrations/0006-window-override.ts";
import { up as audit } from "./migrations/0007-audit.ts";
import { up as approvalsOfSeveralPeople } from "./migrations/0010-approvals-of-several-people.ts";
import { up as eventStream } from "./migrations/0012-event-stream.ts";
import { up as dryRuns } from "./migrations/0013-dry-runs.ts";
import { up as refusedCommits } from "./migrations/0014-refused-commits.ts";
import { up as blockedAndPlanDocument } from "./migrations/0015-blocked-and-plan-document.ts";
import { up as auditSealedAtCommit } from "./migrations/0016-audit-sealed-at-commit.ts";
import { up as transitionRequests } from "./migrations/0017-transition-requests.ts";
import { up as quickCompression } from "./migrations/0018-quick-compression.ts";
import type { Tables } from "./tables.ts";

/** Forward only: a migration that has been released is never edited. */
const MIGRATIONS = {
  "0001-environments-and-deployments": { up: environmentsAndDeployments },
  "0002-outbox": { up: outbox },
  "0003-dead-letters": { up: deadLetters },
  "0004-pause": { up: pause },
  "0005-rollback": { up: rollback },
  "0006-window-override": { up: windowOverride },
  "0007-audit": { up: audit },
  "0010-approvals-of-several-people": { up: approvalsOfSeveralPeople },
  "0012-event-stream": { up: eventStream },
  "0013-dry-runs": { up: dryRuns },
  "0014-refused-commits": { up: refusedCommits },
  "0015-blocked-and-plan-document": { up: blockedAndPlanDocument },
  "0016-audit-sealed-at-commit": { up: auditSealedAtCommit },
  "0017-transition-requests": { up: transitionRequests },
  "0018-quick-compression": { up: quickCompression },
};
const provider: MigrationProvider = { getMigrations: async () => MIGRATIONS };

/** The names of all migrations, oldest first. The last one identifies the schema. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS);

/**
 * Applies all missing migrations. Processes that start at the same time wait for each other.
 *
 * @returns the names of the applied migrations
 * @throws PermanentError `migration-failed`, with the name of the migration
 */
export async function migrateDatabase(database: Kysely<Tables>): Promise<string[]> {
  const { error, results = [] } = await new Migrator({ db: database, provider }).migrateToLatest();
  if (error) {
    const failed = results.find(({ status }) => status === "Error")?.migrationName;
    throw new PermanentError(
      "migration-failed",
      `Migration of the state database failed${failed ? ` (${failed})` : ""}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  return results.map(({ migrationName }) => migrationName);
}

/**
 * Checks that all migrations are applied, for a process that may not apply them.
 *
 * @throws PermanentError `migrations-missing`, with the names of the migrations
 */
export async function requireCurrentSchema(database: Kysely<Tables>): Promise<void> {
  const known = await new Migrator({ db: database, provider }).getMigrations();
  const missing = known.filter(({ executedAt }) => executedAt === undefined);
  if (missing.length === 0) return;
  throw new PermanentError(
    "migrations-missing",
    `The state database lacks the migrations ${missing.map(({ name }) => name).join(", ")}. ` +
      "Run the job 'migrate-state' as the owner role of the database.",
  );
}
