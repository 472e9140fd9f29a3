import type { Bus, Log, TokenVerifier } from "@honua/service-kit";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";

/** The dependencies that the routes of the operator API share. */
export interface OperatorApiDeps {
  database: () => Database;
  bus: () => Bus | undefined;
  changeEnvironment: ChangeEnvironment;
  recordAttempt: RecordAttempt;
  tokens: TokenVerifier;
  log: Log;
}
