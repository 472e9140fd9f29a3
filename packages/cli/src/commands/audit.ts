import {
  type ChainHead,
  type ChainProblem,
  createChainVerifier,
  formatHead,
  parseHead,
} from "@honua/audit";
import { type AuditEntry, auditChainEnd, auditEntry } from "@honua/contracts";
import { firstLine } from "@honua/text";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { readLines } from "../api/read-lines.ts";
import { readPages } from "../api/read-pages.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import { type Connection, findConnection } from "../connection/find-connection.ts";
import { parseLimit } from "../options/option-parsers.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import { colors } from "../output/colours.ts";
import { formatInstant, shortCommit } from "../output/phrases.ts";
import { formatTable } from "../output/tables.ts";
import { wrapText } from "../output/text-layout.ts";

interface AuditFlags extends CommonFlags {
  environment?: string;
  actor?: string;
  action?: string;
  limit: number;
  verify?: boolean;
  head?: ChainHead;
}

/** Result of verifying the whole chain. */
interface Verification {
  sound: boolean;
  entries: number;
  /** `<sequence>:<hash>` of the last valid entry, to be stored outside the database. */
  head: string;
  problem: ChainProblem | null;
}

const chainLine = z.union([auditEntry, auditChainEnd]);

/** Adds `honua audit`. */
export function addAuditCommand(program: Command, context: CommandContext): void {
  addConnectionOptions(program.command("audit"))
    .description("list the entries of the audit trail, newest first, or verify it")
    .option("--environment <name>", "only entries of this environment")
    .option("--actor <actor>", "only entries of this actor, such as user:ana@example.com")
    .option("--action <action>", "only this action, such as environment.pause")
    .option("--limit <n>", "maximum number of entries", parseLimit, 50)
    .option("--verify", "verify the hash chain from its first entry")
    .option(
      "--head <sequence:hash>",
      "with --verify: a head that you noted earlier",
      parseHeadOption,
    )
    .addHelpText(
      "after",
      formatHelpParagraph(
        "--verify exits with 1 at the first invalid entry. Store the head that it prints outside the " +
          "database. With this head, --verify also detects that the newest entries were deleted, even " +
          "by an administrator of the database.",
      ) +
        formatExamples(
          "honua audit --environment production",
          "honua audit --verify",
          'honua audit --verify --head "$(cat noted-head)"',
        ),
    )
    .action(async (flags: AuditFlags) => {
      if (flags.verify) return verifyAuditTrail(context, flags);
      const { environment, actor, action, limit } = flags;
      const query = { environment, actor, action };
      const api = await connectApi(context, flags);
      const entries = await readPages(api, "/api/gitops/audit", auditEntry, { limit, query });
      printResult(context, flags, entries, formatEntries);
    });
}

async function verifyAuditTrail(context: CommandContext, flags: AuditFlags): Promise<void> {
  const connection = await findConnection(flags, context.environment, context.directory);
  const verification = await verifyChain(connection, flags.head);
  printResult(context, flags, verification, formatVerification);
  if (!verification.sound) throw new CommandError("", EXIT.failed);
}

/** Verifies the chain as a stream, with constant memory, up to the first invalid entry. */
async function verifyChain(
  connection: Connection,
  notedHead: ChainHead | undefined,
): Promise<Verification> {
  const verifier = createChainVerifier(notedHead);
  const verification = (problem: ChainProblem | undefined): Verification => ({
    sound: problem === undefined,
    entries: verifier.head().sequence,
    head: formatHead(verifier.head()),
    problem: problem ?? null,
  });
  for await (const line of readLines(connection, "/api/gitops/audit/chain")) {
    const parsed = chainLine.safeParse(parseJson(line));
    if (!parsed.success) {
      const sequence = verifier.head().sequence + 1;
      return verification({ sequence, message: `entry ${sequence} is not an audit entry` });
    }
    if ("head" in parsed.data) return verification(verifier.verifyEnd(parsed.data.head));
    const problem = verifier.verifyNext(parsed.data);
    if (problem) return verification(problem);
  }
  throw new CommandError(
    `The connection was lost after entry ${verifier.head().sequence}, so the rest was not verified. Try again.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseHeadOption(text: string): ChainHead {
  const head = parseHead(text);
  if (head) return head;
  throw new InvalidArgumentError("Use <sequence>:<hash>, as --verify prints it.");
}

function formatVerification(
  { sound, entries, head, problem }: Verification,
  width: number,
): string {
  const text = sound
    ? `${colors.green("The audit trail is valid")}: ${entries} entries, head ${head}`
    : `${colors.red("The audit trail is invalid")} at entry ${problem?.sequence}: ${problem?.message}\n` +
      `Valid up to ${head}`;
  return wrapText(text, width);
}

const OUTCOME_COLOURS: Partial<Record<AuditEntry["outcome"], (text: string) => string>> = {
  done: colors.green,
  refused: colors.yellow,
  denied: colors.red,
  failed: colors.red,
};

function formatEntries(entries: AuditEntry[], width: number): string {
  if (entries.length === 0) return "There are no audit entries.";
  return formatTable(
    ["AT", "ENVIRONMENT", "ACTOR", "ACTION", "OUTCOME", "TARGET", "DETAIL"],
    entries.map(({ at, environment, actor, recordedBy, action, outcome, target, detail }) => [
      formatInstant(at),
      environment ?? "-",
      recordedBy ? `${actor} (by ${recordedBy})` : actor,
      action,
      OUTCOME_COLOURS[outcome]?.(outcome) ?? outcome,
      target ?? "-",
      summarizeDetail(detail),
    ]),
    width,
  );
}

/** Returns the most informative field of the detail, on one line. */
function summarizeDetail(detail: AuditEntry["detail"]): string {
  const { message, reason, errorMessage, rule, to, commit } = detail;
  const commitText = typeof commit === "string" ? `commit ${shortCommit(commit)}` : undefined;
  const text = [message, reason, errorMessage, rule, to, commitText].find(
    (value): value is string => typeof value === "string" && value !== "",
  );
  return firstLine(text ?? "");
}
